// Owns over which links requests went in the time of a sample: to and from which peers. Pure.
import type { Desired, NodeSample } from "./protocol/control.ts";

/** Node ids; of a stage that does not know who takes its output, all are. */
export function usedPeers({ assignments, ingress, peers }: Pick<Desired, "assignments" | "ingress" | "peers">, sample: NodeSample): Set<string> {
  const used = new Set<string>();
  const add = (nodeIds: readonly string[]) => { for (const nodeId of nodeIds) used.add(nodeId); };
  const all = peers.map((peer) => peer.nodeId);
  for (const stage of sample.stages) {
    if (stage.done + stage.failed + stage.queueLength + stage.receivedBytes + stage.sentBytes === 0) continue;
    add(stage.upstreamNodeIds);
    const lanes = assignments.find((one) => one.assignmentId === stage.assignmentId)?.lanes.filter((lane) => lane.epoch === stage.epoch) ?? [];
    for (const lane of lanes) add(lane.downstreamNodeIds ?? all);
  }
  for (const one of sample.ingress) {
    if (one.accepted + one.inFlight + one.succeeded + one.failed === 0) continue;
    for (const pipeline of ingress.find((route) => route.deploymentId === one.deploymentId)?.pipelines ?? []) add([pipeline.last.nodeId, ...(pipeline.firstNodeIds ?? all)]);
  }
  return used;
}

/** Traffic of so long ago is traffic still: requests come with pauses. */
const RECENT_MS = 5_000;

/** What is remembered of it, for whoever measures links. */
export class LinkUse {
  #lastMs = new Map<string, number>();

  saw(nodeIds: Iterable<string>, nowMs: number): void {
    for (const [nodeId, atMs] of this.#lastMs) if (nowMs - atMs > RECENT_MS) this.#lastMs.delete(nodeId);
    for (const nodeId of nodeIds) this.#lastMs.set(nodeId, nowMs);
  }
  /** Requests go over the link to it, or did a moment ago. */
  carries(nodeId: string, nowMs: number): boolean {
    return nowMs - (this.#lastMs.get(nodeId) ?? Number.NEGATIVE_INFINITY) <= RECENT_MS;
  }
}
