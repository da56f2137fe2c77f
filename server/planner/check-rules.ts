// Owns why a placement breaks what it was asked to keep to: pins, avoided nodes, zones, layers apart, stages, demand and SLO.
import { estimatePlacement } from "./estimate.ts";
import type { Placement, Refusal } from "./plan.ts";
import { MAX_UTILISATION, type PlanRequest } from "./plan-request.ts";
import type { Problem, ProblemNode } from "./problem.ts";
import { servedWithin, shareWithin } from "./tally-wait.ts";

/** Of a limit that a search has kept to: a wait is reckoned in two ways. */
const SLO_TOLERANCE = 1e-6;

/** `request` may be a whole one or its rules alone; what it leaves out is free. */
export function checkRules(problem: Problem, placement: Placement, request: Partial<PlanRequest>): Refusal[] {
  const nodes = new Map(problem.nodes.map((node) => [node.topologyNodeId, node]));
  return [...checkNodes(placement, request, nodes), ...checkPins(placement, request, nodes), ...checkApart(placement, request, nodes), ...checkCount(placement, request), ...checkFigures(problem, placement, request)];
}

function checkNodes(placement: Placement, request: Partial<PlanRequest>, nodes: Map<string, ProblemNode>): Refusal[] {
  return placement.flatMap((stage, stageIndex): Refusal[] => {
    const node = nodes.get(stage.topologyNodeId);
    if (!node) return [];
    const where = { stageIndex, topologyNodeId: node.topologyNodeId };
    if (request.avoidNodeIds?.includes(node.topologyNodeId)) return [{ code: "avoided", message: `${node.name} is to be avoided.`, fix: "Choose another node, or allow this one.", ...where }];
    if (request.zoneIds && !request.zoneIds.includes(node.zoneId ?? "")) return [{ code: "zone", message: `${node.name} is in none of the allowed zones.`, fix: "Choose a node of an allowed zone, or allow its zone.", ...where }];
    return [];
  });
}

function checkPins(placement: Placement, request: Partial<PlanRequest>, nodes: Map<string, ProblemNode>): Refusal[] {
  return (request.pins ?? []).flatMap((pin): Refusal[] => {
    const name = nodes.get(pin.topologyNodeId)?.name;
    const what = layersText(pin);
    if (name === undefined) return [{ code: "pinned", message: `${what} shall stay on a node that is not in the topology.`, fix: "Let them go, or keep them on another node." }];
    const stageIndex = placement.findIndex((stage) => stage.from < pin.to && pin.from < stage.to && stage.topologyNodeId !== pin.topologyNodeId);
    return stageIndex < 0 ? [] : [{ code: "pinned", message: `${what} shall stay on ${name}.`, fix: `Put them on ${name}, or let them go.`, stageIndex, topologyNodeId: pin.topologyNodeId }];
  });
}

function checkApart(placement: Placement, request: Partial<PlanRequest>, nodes: Map<string, ProblemNode>): Refusal[] {
  return (request.apart ?? []).flatMap((rule): Refusal[] => {
    const groupOf = (id: string) => (rule.within === "node" ? id : (nodes.get(id)?.zoneId ?? null));
    const groups = (range: { from: number; to: number }) => placement.filter((stage) => stage.from < range.to && range.from < stage.to).map((stage) => groupOf(stage.topologyNodeId));
    const second = groups(rule.second);
    const shared = groups(rule.first).find((group) => group !== null && second.includes(group));
    if (shared == null) return [];
    return [{ code: "apart", message: `${layersText(rule.first)} and ${layersText(rule.second)} shall not share a ${rule.within}.`, fix: "Move one of the two elsewhere.", ...(rule.within === "node" ? { topologyNodeId: shared } : {}) }];
  });
}

function checkCount(placement: Placement, { minStages, maxStages }: Partial<PlanRequest>): Refusal[] {
  if (minStages !== undefined && placement.length < minStages) return [{ code: "too-few-stages", message: `${placement.length} of at least ${minStages} stages.`, fix: "Cut it once more." }];
  if (maxStages !== undefined && placement.length > maxStages) return [{ code: "too-many-stages", message: `${placement.length} of at most ${maxStages} stages.`, fix: "Join some segments." }];
  return [];
}

function checkFigures(problem: Problem, placement: Placement, { demandPerSecond, slo }: Partial<PlanRequest>): Refusal[] {
  const estimate = demandPerSecond === undefined && slo === undefined ? null : estimatePlacement(problem, placement);
  if (!estimate) return [];
  const refusals: Refusal[] = [];
  const carriedPerSecond = estimate.throughputPerSecond * MAX_UTILISATION;
  if (demandPerSecond !== undefined && carriedPerSecond < demandPerSecond * (1 - 1e-9)) refusals.push({ code: "demand", message: `It carries ${carriedPerSecond.toFixed(1)} requests/s with room to spare; ${demandPerSecond} are wanted.`, fix: "Relieve its bottleneck, or ask for less." });
  if (slo !== undefined) {
    const served = { latencyMs: estimate.latencyMs, varianceMs2: estimate.varianceMs2 ?? 0, bottleneckMs: estimate.bottleneckMs };
    if (shareWithin(served, demandPerSecond ?? 0, slo.latencyMs * (1 + SLO_TOLERANCE)) < slo.quantile) refusals.push({ code: "slo", message: `${late(slo, servedWithin(served, demandPerSecond ?? 0, slo.quantile), demandPerSecond)}; ${slo.latencyMs} ms are promised.`, fix: demandPerSecond === undefined ? "Shorten its way, or promise less." : "Shorten its way, relieve its bottleneck, or promise less." });
  }
  return refusals;
}

/** "99 % of the requests are answered within 91.2 ms at 30 requests/s". */
function late({ quantile }: { quantile: number }, ms: number, demandPerSecond: number | undefined): string {
  const share = `${Number((quantile * 100).toPrecision(6))} % of the requests`;
  if (demandPerSecond === undefined) return `${share} are answered within ${ms.toFixed(1)} ms`;
  return Number.isFinite(ms) ? `At ${demandPerSecond} requests/s ${share} are answered within ${ms.toFixed(1)} ms` : `${demandPerSecond} requests/s are more than it serves, so they wait without end`;
}

function layersText(range: { from: number; to: number }): string {
  return range.to - range.from === 1 ? `Layer ${range.to}` : `Layers ${range.from + 1}–${range.to}`;
}
