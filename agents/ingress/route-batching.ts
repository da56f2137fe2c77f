// Owns whether a deployment's requests are joined at this ingress: the queue for them while they are, and why not where that was asked for.
import type { Batching, IngressRoute } from "../protocol/control.ts";
import { unbatchableBecause } from "./batch-tensors.ts";
import { Batcher, type BatcherHost } from "./batcher.ts";

type Host = Omit<BatcherHost, "refused">;

export class RouteBatching {
  batcher: Batcher | null = null;
  /** Why a wanted batching is off. */
  problem: string | null = null;
  readonly #host: Host;
  #wanted: Batching | null = null;

  constructor(host: Host) {
    this.#host = host;
  }

  update({ batching, inputs, outputs, states }: IngressRoute): void {
    this.#wanted = batching ?? null;
    const inForce = batching && { ...batching, ...batching.now };
    if (inForce && this.batcher) { this.batcher.batching = inForce; return; }
    this.batcher?.stop("batching was switched off");
    this.batcher = null;
    this.problem = batching ? unbatchableBecause(inputs, outputs, states.length > 0) : null;
    if (!inForce || this.problem !== null) return;
    this.batcher = new Batcher(inForce, { ...this.#host, refused: (why) => { this.problem = why; } });
  }

  /** Items that may run together at most, whether or not all of it is in force: clients' shapes hang on it; 0 = each request runs alone. */
  get maxSize(): number {
    return this.batcher && this.problem === null ? (this.#wanted?.maxSize ?? 0) : 0;
  }

  /** Null while each request runs alone. */
  get joining(): Batcher | null {
    return this.batcher && this.batcher.batching.maxSize > 1 ? this.batcher : null;
  }
}
