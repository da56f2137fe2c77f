// Owns what bringing weights to where they are not adds to a plan's cost: κ · seconds of fetching, κ = latency now / horizon.
// A move that takes a tenth of the horizon must gain a tenth of the latency.
import { UNMEASURED_BANDWIDTH_BYTES_PER_SECOND } from "../topology/paths.ts";
import { estimatePlacement } from "./estimate.ts";
import { fetchCounter } from "./fetch-bytes.ts";
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
    const perByte = perSecond / fetchBytesPerSecond(problem, index);
    const upTo = new Float64Array(problem.layerCount + 1);
    const isThere = (layer: number) => loaded.some((stage) => stage.topologyNodeId === node.topologyNodeId && stage.from <= layer && layer < stage.to);
    // Layer by layer: what a layer brings along, the next one finds.
    const bytesToFetch = fetchCounter(problem, loaded);
    for (let layer = 0; layer < problem.layerCount; layer++) {
      const bytes = isThere(layer) ? 0 : bytesToFetch({ from: layer, to: layer + 1, topologyNodeId: node.topologyNodeId });
      upTo[layer + 1] = (upTo[layer] as number) + bytes * perByte;
    }
    return upTo;
  });
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

/** Weights come from the console, whose own way is in no drawing: the node's best line is taken for it. */
export function fetchBytesPerSecond(problem: Problem, index: number): number {
  const ways = problem.paths.flatMap((row, from) => (from === index ? [] : [row[index]?.bandwidthBytesPerSecond ?? 0]));
  const best = Math.max(0, ...ways.filter(Number.isFinite));
  return best > 0 ? best : UNMEASURED_BANDWIDTH_BYTES_PER_SECOND;
}
