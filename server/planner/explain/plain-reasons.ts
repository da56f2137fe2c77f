// Owns why nothing can be planned as far as a look at the nodes tells, without a search: most basic reason first. Conflicts of constraints are `find-conflict.ts`.
import { mayUse, missingFigure } from "../may-run.ts";
import type { Refusal, RefusalCode } from "../plan.ts";
import type { PlanRequest } from "../plan-request.ts";
import { freeBytes, type Problem } from "../problem.ts";
import { stageMemoryBytes } from "../stage-memory.ts";
import type { Outcome } from "../search/solver.ts";

/** Said by the nodes alone: searching would find nothing sharper. */
export const PLAIN_REASONS: ReadonlySet<RefusalCode> = new Set(["empty", "unknown-node", "no-figure", "illegal-cut"]);

export function plainReasons(problem: Problem, request: PlanRequest, outcome: Pick<Outcome, "proved">): Refusal[] {
  if (problem.nodes.length === 0) return [{ code: "empty", message: "The drawing has no node.", fix: "Add a node." }];
  const nodes = problem.nodes.filter((node) => mayUse(request, node));
  const usable = nodes.filter((node) => node.trusted || request.sensitiveInputs !== undefined);
  if (usable.length === 0) return [refuseNodes(problem, request)];
  const { minStages = 1, severalPerNode } = request;
  if (!severalPerNode && minStages > usable.length) return [{ code: "too-many-stages", message: `${minStages} stages are wanted, but only ${usable.length} ${usable.length === 1 ? "node" : "nodes"} can be used.`, fix: "Ask for fewer stages, or add a node." }];
  const cuts = problem.cutLegal.filter(Boolean).length;
  if (cuts + 1 < minStages) return [{ code: "illegal-cut", message: `The model has ${cuts} legal cuts; ${minStages} stages need ${minStages - 1}.`, fix: "Ask for fewer stages." }];
  const needBytes = stageMemoryBytes(problem, 0, problem.layerCount);
  const haveBytes = usable.reduce((sum, node) => sum + freeBytes(node), 0);
  if (haveBytes < needBytes) return [{ code: "memory", message: `The model needs about ${Math.ceil(needBytes / 1e6)} MB; the nodes that can be used have ${Math.floor(haveBytes / 1e6)} MB free together.`, fix: `Add a node with ${Math.ceil((needBytes - haveBytes) / 1e6)} MB or more.` }];
  const asked = [request.pins?.length ? "pins" : null, request.avoidNodeIds?.length ? "avoided nodes" : null, request.zoneIds ? "zones" : null, request.apart?.length ? "layers apart" : null, request.demandPerSecond === undefined ? null : `${request.demandPerSecond} requests/s`, request.slo === undefined ? null : `${request.slo.latencyMs} ms for ${Number((request.slo.quantile * 100).toPrecision(6))} % of them`].filter((one) => one !== null);
  const message = outcome.proved ? "No placement keeps to all of it" : "No placement was found in the time given";
  if (asked.length > 0) return [{ code: request.slo !== undefined ? "slo" : request.demandPerSecond !== undefined ? "demand" : "pinned", message: `${message}: ${asked.join(", ")}.`, fix: "Leave one of them out to see which binds." }];
  return [{ code: "no-path", message: `${message}: no chain of linked, trusted nodes holds the model.`, fix: "Draw links between the nodes, or give one of them more memory." }];
}

function refuseNodes(problem: Problem, request: PlanRequest): Refusal {
  const missing = problem.nodes.map((node) => ({ node, figure: missingFigure(request, node) })).find(({ figure }) => figure !== null);
  if (missing) return { code: "no-figure", message: `No node has what “${request.objective}” is reckoned from: ${missing.node.name} has no ${missing.figure} given.`, fix: `Give ${missing.node.name} its ${missing.figure}.`, topologyNodeId: missing.node.topologyNodeId };
  if (request.forDeploy) return { code: "unknown-node", message: "No node is live, online, trusted and free to take work.", fix: "Start an agent, or uncordon a node." };
  if (request.avoidNodeIds?.length || request.zoneIds) return { code: "avoided", message: "Every node is avoided or outside the allowed zones.", fix: "Allow one of them." };
  return { code: "unknown-node", message: "No node is trusted.", fix: "Mark a node trusted." };
}
