// Owns comparing a pipeline's answer with the whole model's, before the pipeline serves anybody.
import type { ObservedIngress, VerifyTask } from "../protocol/control.ts";
import { decodeParityFile, type ParityFile } from "../protocol/parity-file.ts";
import { BYTES_PER_ELEMENT, type WireTensor } from "../protocol/tensor.ts";
import type { InferAnswer } from "./dispatcher.ts";
import { fromHalf } from "./half.ts";

type Infer = (inputs: WireTensor[]) => Promise<InferAnswer>;
type Observed = NonNullable<ObservedIngress["verify"]>;

/** Runs a task once; its outcome stays. */
export class Verification {
  readonly task: VerifyTask;
  readonly #changed: () => void;
  #started = false;
  #observed: Observed;

  constructor(task: VerifyTask, changed: () => void) {
    this.task = task;
    this.#changed = changed;
    this.#observed = { taskId: task.taskId, state: "running", maxRelError: null, message: null };
  }

  observed(): Observed {
    return this.#observed;
  }

  /** `ways`: of each replica; all must answer alike. */
  start(read: () => Promise<Uint8Array>, ways: readonly Infer[]): void {
    if (this.#started) return;
    this.#started = true;
    void this.#run(read, ways).then(
      (maxRelError) => {
        const passed = maxRelError <= this.task.tolerance;
        this.#observed = { taskId: this.task.taskId, state: passed ? "passed" : "failed", maxRelError, message: passed ? null : `differs by ${maxRelError}, at most ${this.task.tolerance}` };
      },
      (error: Error) => { this.#observed = { taskId: this.task.taskId, state: "failed", maxRelError: null, message: error.message }; },
    ).then(this.#changed);
  }

  async #run(read: () => Promise<Uint8Array>, ways: readonly Infer[]): Promise<number> {
    const parity = decodeParityFile(await read());
    let worst = 0;
    for (const infer of ways) worst = Math.max(worst, await this.#compare(parity, infer));
    return worst;
  }

  async #compare({ inputs, outputs }: ParityFile, infer: Infer): Promise<number> {
    const answer = await infer(inputs);
    try {
      const answered = new Map(answer.outputs.map((output) => [output.name, output]));
      // State outputs stay on the stages: only what the pipeline answers can be compared, and at least one output must be.
      const compared = outputs.filter((reference) => answered.has(reference.name));
      if (compared.length === 0) throw new Error("the pipeline answers none of the reference outputs");
      return Math.max(...compared.map((reference) => relativeError(answered.get(reference.name)!, reference)));
    } finally {
      answer.release();
    }
  }
}

/** max|a−b| / max(1, max|ref|); infinite when type or shape differ, or one is NaN where the other is not. */
export function relativeError(a: WireTensor, reference: WireTensor): number {
  if (a.dataType !== reference.dataType || a.shape.join() !== reference.shape.join()) return Infinity;
  const [x, y] = [numbers(a), numbers(reference)];
  let difference = 0;
  let largest = 1;
  for (let i = 0; i < y.length; i++) {
    if (Object.is(x[i], y[i])) { if (Number.isFinite(y[i])) largest = Math.max(largest, Math.abs(y[i]!)); continue; }
    const here = Math.abs(x[i]! - y[i]!);
    if (!(here < Infinity)) return Infinity;
    difference = Math.max(difference, here);
    largest = Math.max(largest, Math.abs(y[i]!));
  }
  return difference / largest;
}

function numbers({ dataType, data }: WireTensor): ArrayLike<number> {
  // A copy of its own: a view into a pooled Buffer has the whole pool behind it, and Buffer.slice() copies nothing.
  const bytes = new Uint8Array(data).buffer;
  switch (dataType) {
    case "float32": return new Float32Array(bytes);
    case "float64": return new Float64Array(bytes);
    case "float16": return Array.from(new Uint16Array(bytes), fromHalf);
    case "int64": return Array.from(new BigInt64Array(bytes), Number);
    case "uint64": return Array.from(new BigUint64Array(bytes), Number);
    case "int32": return new Int32Array(bytes);
    case "uint32": return new Uint32Array(bytes);
    case "int16": return new Int16Array(bytes);
    case "uint16": return new Uint16Array(bytes);
    case "int8": return new Int8Array(bytes);
    default: return new Uint8Array(bytes, 0, bytes.byteLength / BYTES_PER_ELEMENT[dataType]);
  }
}
