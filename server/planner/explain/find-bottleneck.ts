// Owns what bounds a plan's throughput: the node or link that is busy longest for each request, and how far behind the next one is.
import type { Instance, SearchStage } from "../instance.ts";
import { tallyStages } from "../tally-stages.ts";

export type Bottleneck = {
  on: "node" | "link";
  index: number;
  /** Per request. */
  busyMs: number;
  /** The second busiest; 0 = there is none. */
  nextBusyMs: number;
};

/** Null = nothing takes any time. */
export function findBottleneck(instance: Instance, stages: readonly SearchStage[]): Bottleneck | null {
  const { nodeBusyMs, linkBusyMs } = tallyStages(instance, stages);
  const all = [...nodeBusyMs.map((busyMs, index) => ({ on: "node" as const, index, busyMs })), ...linkBusyMs.map((busyMs, index) => ({ on: "link" as const, index, busyMs }))];
  const [first, second] = all.filter(({ busyMs }) => busyMs > 0).sort((a, b) => b.busyMs - a.busyMs);
  return first ? { ...first, nextBusyMs: second?.busyMs ?? 0 } : null;
}
