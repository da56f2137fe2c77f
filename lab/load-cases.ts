// Owns what a load sends and what the right answer is: a few different inputs, each with the answer it got before the load began, so that
// answers that were swapped between requests show as different.
import { readFileSync } from "node:fs";
import { seededRandom } from "./shaped-link.ts";
import type { Answer, Payload, Sender } from "./load-sender.ts";

type Answered = Extract<Answer, { kind: "answer" }>;
export type LoadCase = Payload & {
  /** null = right, else what is wrong. */
  check(answer: Answered, id: string): string | null;
  /** The request id the answer bears, where the protocol carries one. */
  answeredId(answer: Answered): string | null;
};
type Metadata = { inputs: { name: string; datatype: string; shape: number[] }[] };
type Output = { name: string; datatype: string; shape: number[]; bytes: Buffer };

const BYTES: Record<string, number> = { BOOL: 1, UINT8: 1, INT8: 1, UINT16: 2, INT16: 2, FP16: 2, UINT32: 4, INT32: 4, FP32: 4, UINT64: 8, INT64: 8, FP64: 8 };

/** Tensors of seeded values: FP32 and FP64 in −1 … 1, integers in 0 … 9. @throws Error when a shape is missing or the model does not answer */
export async function makeCases(sender: Sender, options: { shapes: string[]; seed: number; variants: number; tolerance: number }): Promise<LoadCase[]> {
  const { inputs } = (await sender.metadata()) as Metadata;
  const given = new Map(options.shapes.map((one) => {
    const [name = "", sizes = ""] = one.split("=");
    return [name, sizes.split(",").filter(Boolean).map(Number)] as const;
  }));
  const random = seededRandom(options.seed);
  const cases: LoadCase[] = [];
  for (let variant = 0; variant < options.variants; variant++) {
    const tensors = inputs.map(({ name, datatype, shape }) => {
      const sizes = given.get(name) ?? shape;
      if (sizes.some((size) => !(size >= 0))) throw new Error(`input "${name}" has the shape [${shape}]: give its sizes with --shape ${name}=…`);
      return { name, datatype, shape: sizes, bytes: randomBytes(datatype, sizes.reduce((product, size) => product * size, 1), random) };
    });
    cases.push(await withReference(sender, tensors, options.tolerance));
  }
  return cases;
}

/**
 * Inputs with the answers they must get, made by somebody else (the whole model, run apart): a list of `{inputs, outputs}`, tensors as {name, datatype, shape, base64}.
 * @throws Error when the first is not answered
 */
export async function readCases(sender: Sender, file: string, tolerance: number): Promise<LoadCase[]> {
  type Told = { name: string; datatype: string; shape: number[]; base64: string };
  const told = JSON.parse(readFileSync(file, "utf8")) as { inputs: Told[]; outputs: Told[] }[];
  const tensor = ({ base64, ...rest }: Told): Output => ({ ...rest, bytes: Buffer.from(base64, "base64") });
  const cases = told.map(({ inputs, outputs }) => caseOf(inputs.map(tensor), outputs.map(tensor), tolerance));
  const first = await sender.send(cases[0]!, "first");
  if (first.kind === "lost" || first.status !== 200) throw new Error(`the first request was not answered: ${first.detail || "no 200"}`);
  return cases;
}

async function withReference(sender: Sender, tensors: Output[], tolerance: number): Promise<LoadCase> {
  const payload = payloadOf(tensors);
  const first = await sender.send(payload, "reference");
  if (first.kind === "lost" || first.status !== 200) throw new Error(`the reference request was not answered: ${first.detail || "no 200"}`);
  return caseOf(tensors, readOutputs(first).outputs, tolerance);
}

function payloadOf(tensors: Output[]): Payload {
  const binary = Buffer.concat(tensors.map((tensor) => tensor.bytes));
  const inputs = tensors.map(({ name, datatype, shape, bytes }) => ({ name, datatype, shape, parameters: { binary_data_size: bytes.length } }));
  return {
    path: "infer", contentType: "application/octet-stream",
    body(id) {
      const head = Buffer.from(JSON.stringify({ id, inputs, parameters: { binary_data_output: true } }));
      return { bytes: Buffer.concat([head, binary]), jsonBytes: head.length };
    },
  };
}

function caseOf(tensors: Output[], reference: Output[], tolerance: number): LoadCase {
  return {
    ...payloadOf(tensors),
    answeredId: (answer) => readOutputs(answer).id,
    check(answer, id) {
      const { id: answered, outputs } = readOutputs(answer);
      if (answered !== null && answered !== id) return `the answer of ${answered} came for ${id}`;
      for (const wanted of reference) {
        const got = outputs.find((output) => output.name === wanted.name);
        if (!got || got.shape.join() !== wanted.shape.join()) return `output "${wanted.name}" is missing or has another shape`;
        const error = relativeError(got, wanted);
        if (!(error <= tolerance)) return `output "${wanted.name}" differs by ${error}`;
      }
      return null;
    },
  };
}

/** Raw bytes through the processor; right = the same JSON as before the load, numbers within 1e-4. */
export async function makeRawCase(sender: Sender, body: Buffer, contentType: string): Promise<LoadCase[]> {
  const payload: Payload = { path: "process", contentType, body: () => ({ bytes: body, jsonBytes: null }) };
  const first = await sender.send(payload, "reference");
  if (first.kind === "lost" || first.status !== 200) throw new Error(`the reference request was not answered: ${first.detail || "no 200"}`);
  const shape = (text: Buffer) => JSON.stringify(JSON.parse(text.toString()), (_key, value) => (typeof value === "number" ? Number(value.toFixed(4)) : value));
  const reference = shape(first.body);
  return [{ ...payload, answeredId: () => null, check: (answer) => (shape(answer.body) === reference ? null : `the answer is ${answer.body.toString("utf8", 0, 200)}`) }];
}

function readOutputs(answer: Answered): { id: string | null; outputs: Output[] } {
  const jsonBytes = answer.jsonBytes ?? answer.body.length;
  const head = JSON.parse(answer.body.toString("utf8", 0, jsonBytes)) as { id?: string; outputs: { name: string; datatype: string; shape: number[]; parameters?: { binary_data_size?: number } }[] };
  let at = jsonBytes;
  const outputs = head.outputs.map(({ name, datatype, shape, parameters }) => {
    const size = parameters?.binary_data_size ?? 0;
    const bytes = answer.body.subarray(at, at + size);
    at += size;
    return { name, datatype, shape, bytes };
  });
  return { id: head.id ?? null, outputs };
}

/** max|a − b| / max(1, max|b|); whole tensors of other types than float are compared byte by byte. */
function relativeError(got: Output, wanted: Output): number {
  if (got.bytes.length !== wanted.bytes.length) return Number.POSITIVE_INFINITY;
  if (wanted.datatype !== "FP32") return got.bytes.equals(wanted.bytes) ? 0 : Number.POSITIVE_INFINITY;
  const [a, b] = [got, wanted].map(({ bytes }) => new Float32Array(Uint8Array.from(bytes).buffer)) as [Float32Array, Float32Array];
  let difference = 0;
  let largest = 1;
  for (let index = 0; index < b.length; index++) {
    const gap = Math.abs(a[index]! - b[index]!);
    if (Number.isNaN(gap)) return Number.POSITIVE_INFINITY;
    difference = Math.max(difference, gap);
    largest = Math.max(largest, Math.abs(b[index]!));
  }
  return difference / largest;
}

function randomBytes(datatype: string, count: number, random: () => number): Buffer {
  const size = BYTES[datatype];
  if (!size) throw new Error(`inputs of type ${datatype} are not made here`);
  if (datatype === "FP32") return Buffer.from(Float32Array.from({ length: count }, () => random() * 2 - 1).buffer);
  if (datatype === "FP64") return Buffer.from(Float64Array.from({ length: count }, () => random() * 2 - 1).buffer);
  const bytes = Buffer.alloc(size * count);
  for (let index = 0; index < count; index++) bytes[index * size] = datatype === "FP16" ? 0 : Math.floor(random() * (datatype === "BOOL" ? 2 : 10));
  return bytes;
}
