// Owns whether a deployment's requests are joined at this ingress: the queue for them while they are, and why not where that was asked for.
import type { Batching, IngressRoute, ObservedBatching } from "../protocol/control.ts";
import { type BatchPadding, type PadPlan, planPadding } from "../protocol/pad-plan.ts";
import type { TensorSpec } from "../protocol/tensor.ts";
import { unbatchableBecause } from "./batch-tensors.ts";
import { Batcher, type BatcherHost } from "./batcher.ts";

type Host = Omit<BatcherHost, "refused" | "paddingRefused">;
/** A model's words in a problem. */
const MAX_PROBLEM_CHARS = 500;

export class RouteBatching {
  batcher: Batcher | null = null;
  /** Why a wanted batching is off. */
  problem: string | null = null;
  /** Why a wanted padding is off. */
  paddingProblem: string | null = null;
  readonly #host: Host;
  #wanted: Batching | null = null;
  /** What the padding was planned from. */
  #planned = "";
  #elements = { asked: 0, padding: 0 };

  constructor(host: Host) {
    this.#host = host;
  }

  update({ batching, inputs, outputs, states }: IngressRoute): void {
    this.#wanted = batching ?? null;
    const inForce = batching && { ...batching, ...batching.now };
    const planned = JSON.stringify([batching?.padding ?? null, inputs, outputs]);
    if (inForce && this.batcher) {
      this.batcher.batching = inForce;
      if (planned === this.#planned) return;
      this.#planned = planned;
      return this.batcher.setPadding(this.#plan(inForce.padding ?? null, inputs, outputs));
    }
    this.#elements = this.elements;
    this.batcher?.stop("batching was switched off");
    this.batcher = null;
    this.paddingProblem = null;
    this.problem = batching ? unbatchableBecause(inputs, outputs, states.length > 0) : null;
    if (!inForce || this.problem !== null) return;
    this.#planned = planned;
    this.batcher = new Batcher(inForce, this.#plan(inForce.padding ?? null, inputs, outputs), {
      ...this.#host,
      refused: (why) => { this.problem = why; this.#host.changed(); },
      paddingRefused: (why) => { this.paddingProblem = why.slice(0, MAX_PROBLEM_CHARS); this.#host.changed(); },
    });
  }

  #plan(padding: BatchPadding | null, inputs: readonly TensorSpec[], outputs: readonly TensorSpec[]): PadPlan | null {
    const { plan, problem } = padding ? planPadding(padding, inputs, outputs) : { plan: null, problem: null };
    this.paddingProblem = problem?.why ?? null;
    return plan;
  }

  /** Items that may run together at most, whether or not all of it is in force: clients' shapes hang on it; 0 = each request runs alone. */
  get maxSize(): number {
    return this.batcher && this.problem === null ? (this.#wanted?.maxSize ?? 0) : 0;
  }

  /** Null while each request runs alone. */
  get joining(): Batcher | null {
    return this.batcher && this.batcher.batching.maxSize > 1 ? this.batcher : null;
  }

  /** Null = nothing is to be joined. */
  observed({ batching }: Pick<IngressRoute, "batching">): ObservedBatching | null {
    if (!batching) return null;
    return { problem: this.problem, padding: batching.padding ? { problem: this.paddingProblem, equalBuckets: this.batcher?.equalBuckets ?? 0 } : null };
  }

  /** Elements of inputs that ran while requests were joined: those that were asked, and what was filled in. */
  get elements(): { asked: number; padding: number } {
    const now = this.batcher?.elements ?? { asked: 0, padding: 0 };
    return { asked: this.#elements.asked + now.asked, padding: this.#elements.padding + now.padding };
  }
}
