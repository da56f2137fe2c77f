// Owns how the inputs of a parity check are named to a person: "picture, 320×48, bundled sample".
import type { SampleTensor } from "../model/model-sample.ts";
import type { ParityInputs } from "./plan.ts";

const SOURCES = { given: "the model's sample", bundled: "bundled sample", "built-in": "Cutplane's own sample", "made-up": "made-up inputs, seed 7" } as const;
/** Channels of a picture tensor: gray, colour, colour and alpha. */
const CHANNELS = [1, 3, 4];
/** Of a fingerprint a person compares by eye. */
const SHORT_DIGEST = 8;

export function describeInputs(inputs: ParityInputs): string {
  const { source, kind, steps } = inputs;
  const parts = [kind, kind === null ? null : sizeOf(inputs), SOURCES[source], steps > 1 ? `${steps} steps with state` : null];
  return parts.filter((part) => part !== null).join(", ");
}

/** The first characters of the sample's digest; null where nothing has one. */
export function shortDigest(digest: string | null): string | null {
  return digest === null ? null : digest.slice(0, SHORT_DIGEST);
}

function sizeOf({ kind, tensors }: ParityInputs): string | null {
  const first = tensors[0];
  if (first === undefined) return null;
  if (kind === "text") return `${first.shape.at(-1) ?? 1} tokens`;
  if (kind === "audio") return `${first.shape.at(-1) ?? 1} samples a step`;
  return (kind === "picture" && pixelsOf(first)) || tensors.map((tensor) => `${tensor.name} [${tensor.shape.join("×")}]`).join(" ");
}

/** Width × height of a picture's tensor, whichever way its channels lie; null where it can't be told. */
function pixelsOf({ shape }: SampleTensor): string | null {
  const [, a, b, c] = shape as [number, number, number, number];
  if (shape.length !== 4) return null;
  if (CHANNELS.includes(a)) return `${c}×${b}`;
  return CHANNELS.includes(c) ? `${b}×${a}` : null;
}
