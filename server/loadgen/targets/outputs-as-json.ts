// Owns an answer's tensors in binary form → the JSON that the Open Inference Protocol has for them, so that an answer is graded alike whichever way it came.
import { bytesOfType, tensorValues, type TensorSpec } from "./made-up-tensor.ts";

type Value = number | boolean | string | null;
type JsonOutput = TensorSpec & { data: Value[] };
type TensorFacts = { name: string; datatype: string; shape: unknown[] };

/** `parts`: each output's bytes. @throws Error in words: bytes that are not the tensor's */
export function outputsAsJson(outputs: readonly TensorFacts[], parts: readonly Uint8Array[]): { outputs: JsonOutput[] } {
  if (outputs.length !== parts.length) throw new Error(`the answer names ${outputs.length} outputs and has the bytes of ${parts.length}`);
  return { outputs: outputs.map((output, at) => asJson(output, parts[at]!)) };
}

/** Of an answer over HTTP whose outputs, or some of them, follow its JSON of `jsonBytes` (Triton's extension_binary_data.md). @throws Error in words */
export function binaryAsJson(body: Buffer, jsonBytes: number): { outputs: unknown[] } {
  const { outputs } = JSON.parse(body.toString("utf8", 0, jsonBytes)) as { outputs?: unknown };
  if (!Array.isArray(outputs)) throw new Error("the answer has no outputs");
  let from = jsonBytes;
  return {
    outputs: outputs.map((output: TensorFacts & { parameters?: { binary_data_size?: number } }) => {
      const size = output.parameters?.binary_data_size;
      if (size === undefined) return output;
      const bytes = body.subarray(from, from + size);
      from += size;
      return asJson(output, bytes);
    }),
  };
}

/** 16-bit floats too, which the protocol's own JSON lacks. What is no finite number is null, as it is there. */
function asJson({ name, datatype, shape: told }: TensorFacts, bytes: Uint8Array): JsonOutput {
  const spec = { name, datatype, shape: told.map(Number) };
  const count = spec.shape.reduce((product, size) => product * size, 1);
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const size = bytesOfType(datatype);
  if (size === null && datatype !== "BYTES") throw new Error(`output "${name}" is of type ${datatype}, which is not known`);
  if (size !== null && buffer.length !== count * size) throw new Error(`output "${name}" has ${buffer.length} bytes, its shape [${spec.shape.join(", ")}] of ${datatype} has ${count * size}`);
  const halves = HALVES[datatype];
  const values: Value[] = halves ? Array.from({ length: count }, (_, at) => halves(buffer.readUInt16LE(at * 2))) : tensorValues(spec, buffer);
  if (values.length !== count) throw new Error(`output "${name}" has ${values.length} texts, its shape [${spec.shape.join(", ")}] has ${count}`);
  return { ...spec, data: values.map((value) => (typeof value === "number" && !Number.isFinite(value) ? null : value)) };
}

const HALVES: Record<string, (bits: number) => number> = {
  /** IEEE 754 binary16: a sign, 5 bits of exponent, 10 of fraction. */
  FP16(bits) {
    const [sign, exponent, fraction] = [bits & 0x8000 ? -1 : 1, (bits >> 10) & 0x1f, bits & 0x3ff];
    if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
    return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
  },
  /** The upper half of a float of 32 bits. */
  BF16(bits) {
    const word = Buffer.alloc(4);
    word.writeUInt16LE(bits, 2);
    return word.readFloatLE(0);
  },
};
