// Owns how a stream's state travels between two pipelines: as tensors under the names of the state's inputs, each beside a digest, so that whichever stage of another
// split owns an input finds it. Frames, lanes and who keeps it are others' business.
import { createHash } from "node:crypto";
import type { StatePair } from "../protocol/control.ts";
import { MAX_TENSORS } from "../protocol/frame.ts";
import type { WireTensor } from "../protocol/tensor.ts";
import { WireError } from "../protocol/wire-error.ts";
import type { TensorOut } from "./session.ts";

/** Model tensors cannot be called so: ONNX names hold no line breaks that any exporter writes. */
const digestName = (name: string): string => `sha256\n${name}`;

/** Each tensor, then its digest. Throws WireError `too_large` where `before` and they are more than one message takes. */
export function packState(state: readonly TensorOut[], before: readonly WireTensor[], maxBytes: number): WireTensor[] {
  const tensors = [...before, ...state.flatMap((tensor): WireTensor[] => [tensor, { name: digestName(tensor.name), dataType: "uint8", shape: [32], data: digestOf(tensor) }])];
  const bytes = tensors.reduce((sum, { data }) => sum + data.length, 0);
  if (bytes > maxBytes || tensors.length > MAX_TENSORS) throw new WireError("too_large", `the stream's state is ${bytes} bytes in ${tensors.length / 2} tensors: more than one message takes (${maxBytes} bytes)`);
  return tensors;
}

/** What of a message belongs to a stage that keeps `states`, copied: all of it or nothing; and what travels on. Throws WireError `bad_tensors`. */
export function unpackState(tensors: readonly WireTensor[], states: readonly StatePair[]): { own: TensorOut[]; rest: WireTensor[] } {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const own: TensorOut[] = [];
  for (const { input, dataType, shape } of states) {
    const tensor = byName.get(input);
    if (!tensor) continue;
    if (tensor.dataType !== dataType || tensor.shape.length !== shape.length) throw new WireError("bad_tensors", `state "${input}" is ${tensor.dataType} of rank ${tensor.shape.length}, expected ${dataType} of rank ${shape.length}`);
    const digest = byName.get(digestName(input));
    if (!digest || !Buffer.from(digest.data).equals(digestOf(tensor))) throw new WireError("bad_tensors", `state "${input}" is not what was sent: its digest differs`);
    own.push({ name: input, dataType, shape: tensor.shape, data: tensor.data.slice() });
    byName.delete(input);
    byName.delete(digestName(input));
  }
  if (own.length > 0 && own.length < states.length) throw new WireError("bad_tensors", `${own.length} of ${states.length} states of this stage came`);
  return { own, rest: [...byName.values()] };
}

function digestOf({ dataType, shape, data }: Pick<WireTensor, "dataType" | "shape" | "data">): Uint8Array<ArrayBuffer> {
  return new Uint8Array(createHash("sha256").update(`${dataType} ${shape.join(" ")}\n`).update(data).digest());
}
