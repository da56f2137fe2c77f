// Owns made-up inputs that look real: token ids inside the vocabulary, masks of ones, smooth pictures, speech-like audio. Seeded, same everywhere.
import { BYTES_PER_ELEMENT, elementCount, type TensorSpec, type WireTensor } from "../../agents/protocol/tensor.ts";
import { resolveShape } from "./dimensions.ts";
import type { Graph } from "./graph.ts";
import { seededRandom } from "./seeded-random.ts";

/** Ids stay below this where no embedding table tells more. */
const DEFAULT_VOCABULARY = 100;

/** Rows of the table an integer input looks things up in, following it through casts and reshapes; null = none found. */
export function vocabularyOf(graph: Graph, input: string): number | null {
  const open = [input];
  const seen = new Set<string>();
  let smallest: number | null = null;
  for (let name = open.pop(); name !== undefined && seen.size < 1000; name = open.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    for (const op of graph.consumers.get(name) ?? []) {
      const table = op.inputs[0];
      if (op.opType === "Gather" && op.inputs[1] === name && table !== undefined) {
        const made = graph.producer.get(table);
        const rows = (graph.initializers.get(table) ?? made?.attributes.get("value")?.tensor)?.dims[op.attributes.get("axis")?.i ?? 0];
        if (rows !== undefined && rows > 0) smallest = Math.min(smallest ?? rows, rows);
      } else if (["Cast", "Identity", "Reshape", "Unsqueeze", "Squeeze", "Flatten", "Slice"].includes(op.opType)) open.push(...op.outputs);
    }
  }
  return smallest;
}

export type SampleRequest = { inputs: TensorSpec[]; dimensionValues: Record<string, number>; vocabulary(input: string): number | null; zeros: ReadonlySet<string>; seed: number };

/** One tensor per input. `zeros`: recurrent state before its first step. Errors: an input of unknown rank. */
export function sampleInputs(request: SampleRequest): WireTensor[] {
  return request.inputs.map((spec, index) => {
    const shape = resolveShape(spec.name, spec.shape, request.dimensionValues);
    if (shape === null) throw new RangeError(`input "${spec.name}" has an unknown shape`);
    const fill = request.zeros.has(spec.name) ? () => 0 : filler(spec, shape, request.vocabulary(spec.name), seededRandom(request.seed + index));
    return { name: spec.name, dataType: spec.dataType, shape, data: bytesOf(spec.dataType, elementCount(shape), fill) };
  });
}

function filler(spec: TensorSpec, shape: number[], vocabulary: number | null, random: () => number): (index: number) => number {
  const isFloat = spec.dataType.startsWith("float");
  const last = Math.max(shape.at(-1) ?? 1, 1);
  if (/mask/i.test(spec.name)) return () => 1;
  if (spec.dataType === "bool") return () => 1;
  if (!isFloat) {
    if (/^(sr|sample_?rate)$/i.test(spec.name)) return () => 16_000;
    if (/token_type|segment/i.test(spec.name)) return () => 0;
    if (/position/i.test(spec.name)) return (index) => index % last;
    if (vocabulary === null && shape.length === 0) return () => 1;
    const most = Math.max(1, Math.min(vocabulary ?? DEFAULT_VOCABULARY, spec.dataType === "int8" ? 127 : 2 ** 31));
    return () => Math.floor(random() * most);
  }
  if (shape.length === 4) return pictureFiller(shape, random);
  if (shape.length === 2 && last >= 64) return (index) => speechSample(index % last, random);
  return () => (random() + random() + random() - 1.5) * 0.8;
}

/** Dark strokes on a light ground with a little noise, in −1…1: nearer to a photographed page than noise is. */
function pictureFiller(shape: number[], random: () => number): (index: number) => number {
  const width = Math.max(shape[3] ?? 1, 1);
  const height = Math.max(shape[2] ?? 1, 1);
  return (index) => {
    const x = index % width;
    const y = Math.floor(index / width) % height;
    const inLine = y % 24 > 6 && y % 24 < 18;
    const stroke = inLine && Math.sin(x * 0.9 + Math.floor(y / 24)) + Math.sin(x * 0.37 + y * 0.2) > 0.7;
    return Math.max(-1, Math.min(1, (stroke ? -0.85 : 0.8) + (random() - 0.5) * 0.1));
  };
}

/** A voiced sound with its harmonics, a syllable's envelope and breath noise, at 16 kHz. */
export function speechSample(index: number, random: () => number): number {
  const seconds = index / 16_000;
  const syllable = Math.max(0, Math.sin(2 * Math.PI * 3.1 * seconds + 0.6));
  const pitch = 120 + 18 * Math.sin(2 * Math.PI * 0.7 * seconds);
  let voice = 0;
  for (let harmonic = 1; harmonic <= 12; harmonic++) voice += Math.sin(2 * Math.PI * pitch * harmonic * seconds) / harmonic;
  return 0.25 * syllable * voice + (random() - 0.5) * 0.02;
}

function bytesOf(dataType: WireTensor["dataType"], count: number, fill: (index: number) => number): Uint8Array {
  const size = BYTES_PER_ELEMENT[dataType];
  const data = new Uint8Array(count * size);
  const view = new DataView(data.buffer);
  const write = writerOf(view, dataType);
  for (let index = 0; index < count; index++) write(index * size, fill(index));
  return data;
}

/** The type decides once, before the loop (docs/decisions/0005). */
function writerOf(view: DataView, dataType: WireTensor["dataType"]): (at: number, value: number) => void {
  if (dataType === "float32") return (at, value) => view.setFloat32(at, value, true);
  if (dataType === "float64") return (at, value) => view.setFloat64(at, value, true);
  if (dataType === "float16") return (at, value) => view.setUint16(at, halfBits(value), true);
  if (dataType === "int64" || dataType === "uint64") return (at, value) => view.setBigInt64(at, BigInt(Math.trunc(value)), true);
  if (dataType === "int32" || dataType === "uint32") return (at, value) => view.setInt32(at, value, true);
  if (dataType === "int16" || dataType === "uint16") return (at, value) => view.setInt16(at, value, true);
  return (at, value) => view.setUint8(at, value & 255);
}

/** float32 → float16 bits, rounded towards zero; enough for made-up inputs. */
function halfBits(value: number): number {
  const view = new DataView(new ArrayBuffer(4));
  view.setFloat32(0, value);
  const bits = view.getUint32(0);
  const exponent = ((bits >>> 23) & 255) - 112;
  if (exponent <= 0) return (bits >>> 16) & 0x8000;
  return ((bits >>> 16) & 0x8000) | (Math.min(exponent, 30) << 10) | ((bits >>> 13) & 0x3ff);
}
