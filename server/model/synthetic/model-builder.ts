// Owns building an ONNX file op by op and writing it in a stream: weights are made while they are written, so that a model of any size needs
// little memory. Everything it makes is labelled synthetic.
import { MessageWriter, varint } from "../wire-writer.ts";
import { ELEMENT_TYPE_OF } from "../onnx-types.ts";
import { seededRandom } from "../seeded-random.ts";
import { valueInfo } from "../skeleton.ts";
import type { DataType, Dimension } from "../../../agents/protocol/tensor.ts";

/** Floats made at a time. */
const CHUNK_FLOATS = 256 * 1024;
/** Smaller weights stay in the file even where there is external data, as exporters do it. */
const MIN_EXTERNAL_BYTES = 1024;

export type AttributeValue = number | string | number[] | { float: number } | { graph: MessageWriter };
type Weight = { name: string; elementType: number; dims: number[]; data: { kind: "random"; scale: number; seed: number } | { kind: "given"; bytes: Uint8Array }; dataBytes: number };
type Sink = (chunk: Uint8Array) => void;
/** Where large weights go instead of into the file: another one beside it, under this name. */
export type ExternalData = { location: string; sink: Sink };

/** `producer`: who says the model is from; synthetic builders leave the default. */
export class ModelBuilder {
  readonly #nodes = new MessageWriter();
  readonly #values = new MessageWriter();
  readonly #weights: Weight[] = [];
  readonly #seed: number;
  readonly #label: { producer: string; doc: string; opset: number };
  #made = 0;

  constructor(options: { seed: number; producer?: string; doc?: string; opset?: number }) {
    this.#seed = options.seed;
    this.#label = { producer: options.producer ?? "cutplane-synthetic", doc: options.doc ?? `Synthetic model with random weights (seed ${options.seed}). Not trained.`, opset: options.opset ?? 17 };
  }

  input(name: string, dataType: DataType, shape: Dimension[]): string {
    this.#values.message(11, valueInfo({ name, elementType: ELEMENT_TYPE_OF[dataType], shape }));
    return name;
  }

  output(name: string, dataType: DataType, shape: Dimension[]): void {
    this.#values.message(12, valueInfo({ name, elementType: ELEMENT_TYPE_OF[dataType], shape }));
  }

  /** One op; returns its (first) output. `name` is its scoped name. */
  op(opType: string, name: string, inputs: string[], attributes: Record<string, AttributeValue> = {}, outputs: string[] = [`${name}_output_0`]): string {
    const node = new MessageWriter();
    for (const input of inputs) node.string(1, input);
    for (const output of outputs) node.string(2, output);
    node.string(3, name).string(4, opType);
    for (const [key, value] of Object.entries(attributes)) node.message(5, attribute(key, value));
    this.#nodes.message(1, node);
    return outputs[0] as string;
  }

  /** Random float32 weights, uniform in ±scale; ±1/√(first dimension) where no scale is given. */
  weight(name: string, dims: number[], scale?: number): string {
    const count = dims.reduce((product, size) => product * size, 1);
    return this.#add(name, 1, dims, count * 4, { kind: "random", scale: scale ?? Math.sqrt(3 / Math.max(dims[0] ?? 1, 1)), seed: this.#seed * 1_000_003 + this.#made++ });
  }

  floats(name: string, values: ArrayLike<number>, dims: number[]): string {
    return this.#add(name, 1, dims, values.length * 4, { kind: "given", bytes: new Uint8Array(Float32Array.from(values).buffer) });
  }

  integers(name: string, values: number[], dims: number[] = [values.length]): string {
    return this.#add(name, 7, dims, values.length * 8, { kind: "given", bytes: new Uint8Array(BigInt64Array.from(values.map(BigInt)).buffer) });
  }

  #add(name: string, elementType: number, dims: number[], dataBytes: number, data: Weight["data"]): string {
    this.#weights.push({ name, elementType, dims, data, dataBytes });
    return name;
  }

  /** Writes the file; the sink must use a chunk before it returns. Returns its bytes, without those of the external data. */
  write(sink: Sink, external?: ExternalData): number {
    const graphName = new MessageWriter().string(2, "graph").finish();
    const nodes = this.#nodes.finish();
    const values = this.#values.finish();
    const placed = this.#placed(external);
    const weightBytes = placed.reduce((sum, { head, weight, isExternal }) => sum + head.length + (isExternal ? 0 : weight.dataBytes), 0);
    const head = new MessageWriter().integer(1, 8).string(2, this.#label.producer).string(3, "1").string(6, this.#label.doc)
      .message(8, new MessageWriter().string(1, "").integer(2, this.#label.opset));
    const length = nodes.length + graphName.length + values.length + weightBytes;
    let written = 0;
    const emit = (chunk: Uint8Array) => {
      sink(chunk);
      written += chunk.length;
    };
    emit(head.raw(varint(7 * 8 + 2)).raw(varint(length)).finish());
    emit(nodes);
    emit(graphName);
    for (const { head: start, weight, isExternal } of placed) {
      emit(start);
      writeData(weight, isExternal ? (external as ExternalData).sink : emit);
    }
    emit(values);
    return written;
  }

  /** Each weight with what the file holds of it before its data. */
  #placed(external: ExternalData | undefined): { weight: Weight; head: Uint8Array; isExternal: boolean }[] {
    let offset = 0;
    return this.#weights.map((weight) => {
      const isExternal = external !== undefined && weight.dataBytes >= MIN_EXTERNAL_BYTES;
      const message = new MessageWriter();
      for (const size of weight.dims) message.integer(1, size);
      message.integer(2, weight.elementType).string(8, weight.name);
      if (isExternal) {
        const entries = { location: external.location, offset: String(offset), length: String(weight.dataBytes) };
        for (const [key, value] of Object.entries(entries)) message.message(13, new MessageWriter().string(1, key).string(2, value));
        message.integer(14, 1);
        offset += weight.dataBytes;
      } else message.raw(varint(9 * 8 + 2)).raw(varint(weight.dataBytes));
      const bytes = message.finish();
      const head = new MessageWriter().raw(varint(5 * 8 + 2)).raw(varint(bytes.length + (isExternal ? 0 : weight.dataBytes))).raw(bytes).finish();
      return { weight, head, isExternal };
    });
  }
}

function writeData({ data, dataBytes }: Weight, emit: Sink): void {
  if (data.kind === "given") emit(data.bytes);
  else writeRandom(dataBytes / 4, data.scale, data.seed, emit);
}

function writeRandom(count: number, scale: number, seed: number, emit: Sink): void {
  const random = seededRandom(seed);
  const floats = new Float32Array(Math.min(count, CHUNK_FLOATS));
  for (let done = 0; done < count; done += floats.length) {
    const length = Math.min(floats.length, count - done);
    for (let index = 0; index < length; index++) floats[index] = (random() * 2 - 1) * scale;
    emit(new Uint8Array(floats.buffer, 0, length * 4));
  }
}

/** AttributeProto: name 1, f 2, i 3, s 4, g 6, ints 8, type 20. */
function attribute(name: string, value: AttributeValue): MessageWriter {
  const message = new MessageWriter().string(1, name);
  if (typeof value === "number") return message.integer(3, value).integer(20, 2);
  if (typeof value === "string") return message.string(4, value).integer(20, 3);
  if (!Array.isArray(value)) return "graph" in value ? message.message(6, value.graph).integer(20, 5) : message.float(2, value.float).integer(20, 1);
  for (const one of value) message.integer(8, one);
  return message.integer(20, 7);
}
