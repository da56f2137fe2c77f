// Owns what bringing weights to where they are not adds to a plan's cost: κ · seconds of fetching, κ = latency now / horizon.
// A move that takes a tenth of the horizon must gain a tenth of the latency.
import { consoleBytesPerSecond } from "./console-rate.ts";
import { estimatePlacement } from "./estimate.ts";
import { fetchCounter, type FetchStage } from "./fetch-bytes.ts";
import { secondsAlone, transferFinder } from "./fetch-sources.ts";
import type { Placement } from "./plan.ts";
import type { PlanRequest } from "./plan-request.ts";
import type { Problem } from "./problem.ts";
import { combineReplicas } from "./replicas/combine-replicas.ts";
import { enteredAtFirst } from "./replicas/entered-at-first.ts";

/** By node, cumulative over layers (length n + 1), in cost units; null where moving does not count. `running`: of each replica; what any of them has on a node is there. */
export function movingTables(problem: Problem, request: PlanRequest, running: readonly Placement[] | null): Float64Array[] | null {
  if (request.movingHorizonSeconds === undefined || running === null || request.objective === "throughput") return null;
  const latencyMs = latencyNow(problem, running);
  if (latencyMs === null) return null;
  const loaded = running.flat();
  const perSecond = latencyMs / request.movingHorizonSeconds;
  return problem.nodes.map((node, index) => {
    const upTo = new Float64Array(problem.layerCount + 1);
    const isThere = (layer: number) => loaded.some((stage) => stage.topologyNodeId === node.topologyNodeId && stage.from <= layer && layer < stage.to);
    // Layer by layer: what a layer brings along, the next one finds.
    const secondsToFetch = fetchTimer(problem, loaded, index);
    for (let layer = 0; layer < problem.layerCount; layer++) {
      const seconds = isThere(layer) ? 0 : secondsToFetch({ from: layer, to: layer + 1, topologyNodeId: node.topologyNodeId });
      upTo[layer + 1] = (upTo[layer] as number) + seconds * perSecond;
    }
    return upTo;
  });
}

/** Each piece from the nearest holder, one after the other; from the console where nobody is known to hold any. */
function fetchTimer(problem: Problem, loaded: Placement, index: number): (stage: FetchStage) => number {
  const find = transferFinder(problem, loaded);
  if (find) return (stage) => find(stage).reduce((sum, transfer) => sum + secondsAlone(problem, transfer), 0);
  const [bytesToFetch, bytesPerSecond] = [fetchCounter(problem, loaded), consoleBytesPerSecond(problem, index)];
  return (stage) => bytesToFetch(stage) / bytesPerSecond;
}

export function movingCost(problem: Problem, request: PlanRequest, running: readonly Placement[] | null, placement: Placement): number {
  const tables = movingTables(problem, request, running);
  if (tables === null) return 0;
  return placement.reduce((sum, stage) => {
    const table = tables[problem.nodes.findIndex((node) => node.topologyNodeId === stage.topologyNodeId)];
    return sum + (table?.[stage.to] ?? 0) - (table?.[stage.from] ?? 0);
  }, 0);
}

/** Mean over the requests; null where one of them has no way any more. */
function latencyNow(drawn: Problem, running: readonly Placement[]): number | null {
  const problem = running.length > 1 ? enteredAtFirst(drawn, running[0] ?? []) : drawn;
  const estimates = running.flatMap((placement) => estimatePlacement(problem, placement) ?? []);
  return estimates.length === 0 || estimates.length < running.length ? null : combineReplicas(problem, estimates).latencyMs;
}
