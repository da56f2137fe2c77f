// Open-loop requests to an ingress, each with an id of its own, each answer compared with the whole model's run in this process.
import { InferenceSession, Tensor } from "onnxruntime-node";

/** As for a plan's parity: max|a−b| / max(1, max|ref|) per output. */
const TOLERANCE = 1e-5;
const REQUEST_TIMEOUT_MS = 30_000;

export type LoadResult = { sent: number; answered: number; failed: number; lost: number; duplicated: number; different: number; errors: string[] };
export type Load = { result(): LoadResult; stop(): Promise<LoadResult> };
export type Sample = { input: string; shape: number[]; values: Float32Array; reference: Float32Array };

/** A fixed picture-like input (smooth strokes, values −1 … 1) and the whole model's first output for it. */
export async function sampleOf(modelPath: string, shape: number[]): Promise<Sample> {
  const session = await InferenceSession.create(modelPath, { intraOpNumThreads: 1, extra: { session: { intra_op: { allow_spinning: "0" } } } });
  const values = Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, index) => Math.sin(index / 7) * Math.cos(index / 131));
  const input = session.inputNames[0] ?? "";
  const outputs = await session.run({ [input]: new Tensor("float32", values, shape) });
  const reference = Float32Array.from(outputs[session.outputNames[0] ?? ""]?.data as Float32Array);
  await session.release();
  return { input, shape, values, reference };
}

/** `perSecond` requests until stopped. A request counts as lost when no answer came within its time. */
export function startLoad(url: string, modelName: string, sample: Sample, perSecond: number): Load {
  const result: LoadResult = { sent: 0, answered: 0, failed: 0, lost: 0, duplicated: 0, different: 0, errors: [] };
  const answered = new Set<string>();
  const open = new Set<Promise<void>>();
  const startedAt = performance.now();
  const timer = setInterval(() => {
    // Open loop: what a busy machine could not send on time is sent now.
    while (result.sent < ((performance.now() - startedAt) / 1000) * perSecond) {
      const id = `e2e-${result.sent++}`;
      const one = send(url, modelName, sample, id).then((outcome) => record(result, answered, id, outcome)).finally(() => open.delete(one));
      open.add(one);
    }
  }, 10);
  return {
    result: () => ({ ...result }),
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      return result;
    },
  };
}

type Outcome = { kind: "answer"; id: string; error: number } | { kind: "error"; message: string } | { kind: "lost"; message: string };

function record(result: LoadResult, answered: Set<string>, id: string, outcome: Outcome): void {
  if (outcome.kind === "answer") {
    result.answered++;
    if (answered.has(outcome.id) || outcome.id !== id) result.duplicated++;
    answered.add(outcome.id);
    if (!(outcome.error <= TOLERANCE)) result.different++;
    return;
  }
  if (outcome.kind === "lost") result.lost++;
  else result.failed++;
  if (result.errors.length < 20) result.errors.push(outcome.message);
}

/** One binary tensor request of the Open Inference Protocol, answered in binary. */
export async function send(url: string, modelName: string, sample: Sample, id: string): Promise<Outcome> {
  const data = Buffer.from(sample.values.buffer, sample.values.byteOffset, sample.values.byteLength);
  const header = Buffer.from(JSON.stringify({ id, inputs: [{ name: sample.input, datatype: "FP32", shape: sample.shape, parameters: { binary_data_size: data.length } }], parameters: { binary_data_output: true } }));
  try {
    const response = await fetch(`${url}/v2/models/${modelName}/infer`, {
      method: "POST",
      body: Buffer.concat([header, data]),
      headers: { "content-type": "application/octet-stream", "inference-header-content-length": String(header.length) },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    const body = Buffer.from(await response.arrayBuffer());
    if (!response.ok) return { kind: "error", message: `${response.status} ${body.toString("utf8").slice(0, 300)}` };
    const headerBytes = Number(response.headers.get("inference-header-content-length") ?? body.length);
    const answer = JSON.parse(body.subarray(0, headerBytes).toString("utf8")) as { id?: string };
    const tensor = new Float32Array(new Uint8Array(body.subarray(headerBytes)).buffer);
    return { kind: "answer", id: answer.id ?? "", error: difference(tensor, sample.reference) };
  } catch (error) {
    const message = error instanceof Error ? `${error.name}: ${error.message} ${error.cause ?? ""}` : String(error);
    return message.includes("Timeout") ? { kind: "lost", message } : { kind: "error", message };
  }
}

function difference(a: Float32Array, reference: Float32Array): number {
  if (a.length !== reference.length) return Number.POSITIVE_INFINITY;
  let largest = 0;
  let scale = 1;
  for (let index = 0; index < reference.length; index++) {
    largest = Math.max(largest, Math.abs((a[index] ?? Number.NaN) - (reference[index] ?? 0)));
    scale = Math.max(scale, Math.abs(reference[index] ?? 0));
  }
  return largest / scale;
}
