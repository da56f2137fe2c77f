// Owns why a placement is refused. Independent of the solver: it trusts nobody, and it is the same on the canvas and on the server.
import { checkRules } from "./check-rules.ts";
import { modeText } from "./mode-text.ts";
import { distinctStages } from "./distinct-stages.ts";
import { isSameStage, modeOf } from "./node-modes.ts";
import type { Placement, Refusal } from "./plan.ts";
import type { PlanRequest } from "./plan-request.ts";
import { freeBytes, type Problem, type ProblemNode } from "./problem.ts";
import { stageMemoryBytes } from "./stage-memory.ts";
import { type Taint, taintOf } from "./taint.ts";

/** A chain longer than this is a mistake, not a plan. */
export const MAX_STAGES = 64;

export type CheckOptions = {
  /** The nodes must also be there, online, approved and not cordoned. */
  forDeploy?: boolean;
  /** What it was asked to keep to; the objective does not matter here. */
  request?: Partial<PlanRequest>;
  /** What each replica of its deployment runs on these nodes now: where `bothLoaded` is asked, its nodes hold all of it beside the plan, an unchanged stage once. */
  running?: readonly Placement[] | null;
  /** Stages of other replicas, which are loaded too. */
  besides?: Placement;
};

/** Every reason, most basic first; empty = accepted. */
export function checkPlacement(problem: Problem, placement: Placement, options: CheckOptions = {}): Refusal[] {
  if (placement.length === 0) return [{ code: "empty", message: "No layer is placed yet.", fix: "Drag layers onto a node." }];
  const refusals = checkCover(problem, placement);
  const request: Partial<PlanRequest> = options.request ?? problem.rules ?? {};
  const taint = taintOf(problem.flow, problem.layerCount, request.sensitiveInputs);
  const nodes = new Map(problem.nodes.map((node) => [node.topologyNodeId, node]));
  const besides = leaving(placement, options.besides ?? []);
  for (const [stageIndex, stage] of placement.entries()) {
    const node = nodes.get(stage.topologyNodeId);
    if (!node) refusals.push({ code: "unknown-node", message: `Layers ${stage.from + 1}–${stage.to} are on a node that is not in the topology.`, fix: "Move them to another node.", stageIndex });
    else refusals.push(...checkMode(node, stage, stageIndex), ...checkTrust(node, stage, taint, stageIndex), ...checkNode(node, stageIndex, options.forDeploy ?? request.forDeploy ?? false));
  }
  return [...refusals, ...checkMemory(problem, placement, { nodes, besides, beside: request.bothLoaded ? leaving([...placement, ...besides], (options.running ?? []).flat()) : [] }), ...checkWays(problem, placement, taint), ...checkRules(problem, placement, request)];
}

function checkCover(problem: Problem, placement: Placement): Refusal[] {
  const refusals: Refusal[] = [];
  if (placement.length > MAX_STAGES) refusals.push({ code: "too-many-stages", message: `${placement.length} stages; at most ${MAX_STAGES} are run.`, fix: "Join some segments." });
  let at = 0;
  for (const [stageIndex, stage] of placement.entries()) {
    const size = { stageIndex, topologyNodeId: stage.topologyNodeId };
    if (!(Number.isInteger(stage.from) && Number.isInteger(stage.to)) || stage.to <= stage.from || stage.from < 0 || stage.to > problem.layerCount) {
      refusals.push({ code: "not-contiguous", message: `Stage ${stageIndex + 1} has no valid range of layers (${stage.from}–${stage.to} of ${problem.layerCount}).`, fix: "Place its layers again.", ...size });
      continue;
    }
    if (stage.from > at) refusals.push({ code: "gap", message: `Layers ${at + 1}–${stage.from} are on no node.`, fix: `Place ${nameLayers(problem, at, stage.from)}.`, ...size });
    if (stage.from < at) refusals.push({ code: "overlap", message: `Layers ${stage.from + 1}–${Math.min(at, stage.to)} are placed twice.`, fix: "Each layer runs exactly once.", ...size });
    if (stage.from > 0 && !problem.cutLegal[stage.from - 1]) refusals.push({ code: "illegal-cut", message: `The model can’t be cut before ${nameLayers(problem, stage.from, stage.from + 1)}: ${problem.cutReason[stage.from - 1] ?? "not a legal cut"}.`, fix: nearestCut(problem, stage.from), cutIndex: stage.from - 1, ...size });
    at = Math.max(at, stage.to);
  }
  if (at < problem.layerCount) refusals.push({ code: "gap", message: `Layers ${at + 1}–${problem.layerCount} are on no node.`, fix: `Place ${nameLayers(problem, at, problem.layerCount)}.` });
  return refusals;
}

function checkMode(node: ProblemNode, { session }: Placement[number], stageIndex: number): Refusal[] {
  if (modeOf(node, session)) return [];
  const known = [1, ...(node.otherModes ?? []).map((mode) => mode.session.intraOpThreads)].join(", ");
  return [{ code: "mode", message: `${node.name} does not run stages with ${modeText(session)}.`, fix: `Choose threads it has: ${known}.`, topologyNodeId: node.topologyNodeId, stageIndex }];
}

/** An untrusted node may run what sees nothing sensitive, and be handed nothing sensitive to pass on. */
function checkTrust(node: ProblemNode, stage: Placement[number], taint: Taint, stageIndex: number): Refusal[] {
  if (node.trusted) return [];
  const sees = taint.layers.slice(Math.max(0, stage.from), stage.to).some(Boolean) || taint.positions[stage.from] || taint.positions[stage.to];
  return sees ? [{ code: "trust", message: `${node.name} is marked untrusted: nothing made from a sensitive input may go there.`, fix: "Choose another node, or mark it trusted.", topologyNodeId: node.topologyNodeId, stageIndex }] : [];
}

function checkNode(node: ProblemNode, stageIndex: number, forDeploy: boolean): Refusal[] {
  const where = { topologyNodeId: node.topologyNodeId, stageIndex };
  if (!forDeploy) return [];
  if (node.planned) return [{ code: "planned-node", message: `${node.name} is only planned: no machine stands behind it yet.`, fix: "Attach a live node to it, or move its layers to one.", ...where }];
  if (!node.online) return [{ code: "node-offline", message: `${node.name} is not connected.`, fix: "Start its agent, or move its layers elsewhere.", ...where }];
  if (!node.approved) return [{ code: "node-not-approved", message: `${node.name} waits for approval: it gets no work yet.`, fix: "Approve it on its page, or move its layers elsewhere.", ...where }];
  if (node.cordoned) return [{ code: "node-cordoned", message: `${node.name} is cordoned: it takes no new work.`, fix: "Uncordon it, or move its layers elsewhere.", ...where }];
  return [];
}

/** Processes beside the placement's own: stages that it does not have as they are. */
function leaving(placement: Placement, stages: Placement): Placement {
  return distinctStages(stages).filter((stage) => !placement.some((other) => isSameStage(stage, other)));
}

function checkMemory(problem: Problem, placement: Placement, { nodes, besides, beside }: { nodes: Map<string, ProblemNode>; besides: Placement; beside: Placement }): Refusal[] {
  const used = new Map<string, number>();
  const takers = new Set(placement.map((stage) => stage.topologyNodeId));
  for (const stage of [...placement, ...[...besides, ...beside].filter(({ topologyNodeId }) => takers.has(topologyNodeId))]) used.set(stage.topologyNodeId, (used.get(stage.topologyNodeId) ?? 0) + stageMemoryBytes(problem, stage.from, stage.to));
  const refusals: Refusal[] = [];
  for (const [topologyNodeId, bytes] of used) {
    const node = nodes.get(topologyNodeId);
    if (!node || node.memoryLimitBytes === null || bytes <= freeBytes(node)) continue;
    const shortBytes = bytes - freeBytes(node);
    const held = node.heldBytes ? ` and other deployments hold ${megabytes(node.heldBytes)} of it` : "";
    refusals.push({ code: "memory", message: `${node.name} is ${megabytes(shortBytes)} short: its layers${besides.some((stage) => stage.topologyNodeId === topologyNodeId) ? ", with those of other replicas," : ""}${beside.some((stage) => stage.topologyNodeId === topologyNodeId) ? " and those it runs until the move is done" : ""} need ${megabytes(bytes)}, it has ${megabytes(node.memoryLimitBytes)}${held}.`, fix: memoryFix(problem, placement, topologyNodeId, shortBytes), topologyNodeId });
  }
  return refusals;
}

function checkWays(problem: Problem, placement: Placement, taint: Taint): Refusal[] {
  const indexOf = new Map(problem.nodes.map((node, index) => [node.topologyNodeId, index]));
  const chain = placement.map((stage) => indexOf.get(stage.topologyNodeId)).filter((index) => index !== undefined);
  const source = problem.sourceIndex ?? chain[0];
  if (source === undefined) return [];
  const route = [source, ...chain, source];
  const refusals: Refusal[] = [];
  const entry = problem.sourceIndex === null ? undefined : problem.nodes[problem.sourceIndex];
  if (entry && !entry.trusted && (taint.positions[0] || taint.positions[problem.layerCount])) refusals.push({ code: "trust", message: `Requests enter at ${entry.name}, which is marked untrusted.`, fix: "Let them enter elsewhere, or mark it trusted.", topologyNodeId: entry.topologyNodeId });
  for (let hop = 0; hop + 1 < route.length; hop++) {
    const from = route[hop] ?? -1;
    const to = route[hop + 1] ?? -1;
    if (from === to) continue;
    const path = problem.paths[from]?.[to];
    const [fromName, toName] = [problem.nodes[from]?.name, problem.nodes[to]?.name];
    const where = { stageIndex: Math.min(hop, placement.length - 1) };
    if (!path) refusals.push({ code: "no-path", message: `No link leads from ${fromName} to ${toName}.`, fix: `Draw a link from ${fromName} to ${toName}.`, ...where });
    else if (!path.trusted && taint.positions[hop === 0 ? 0 : (placement[hop - 1]?.to ?? 0)]) refusals.push({ code: "trust", message: `The way from ${fromName} to ${toName} crosses something marked untrusted.`, fix: "Draw another way, or mark it trusted.", ...where });
  }
  return refusals;
}

/** How many layers must leave the node, taken from the end of its largest stage. */
function memoryFix(problem: Problem, placement: Placement, topologyNodeId: string, shortBytes: number): string {
  const own = placement.filter((stage) => stage.topologyNodeId === topologyNodeId);
  const largest = own.reduce<(typeof own)[number] | null>((a, b) => (a && stageMemoryBytes(problem, a.from, a.to) >= stageMemoryBytes(problem, b.from, b.to) ? a : b), null);
  if (largest) {
    const full = stageMemoryBytes(problem, largest.from, largest.to);
    for (let to = largest.to - 1; to > largest.from; to--) {
      if (problem.cutLegal[to - 1] && full - stageMemoryBytes(problem, largest.from, to) >= shortBytes) return `Move ${nameLayers(problem, to, largest.to)} elsewhere, or give it ${megabytes(shortBytes)} more.`;
    }
  }
  return `Give it ${megabytes(shortBytes)} more memory, or move all of its layers elsewhere.`;
}

function nearestCut(problem: Problem, at: number): string {
  let best: number | null = null;
  for (let position = 1; position < problem.layerCount; position++) if (problem.cutLegal[position - 1] && (best === null || Math.abs(position - at) < Math.abs(best - at))) best = position;
  return best === null ? "This model has no legal cut: place it whole." : `The nearest legal cut is before layer ${best + 1} (${problem.layerNames[best]}).`;
}

function nameLayers(problem: Problem, from: number, to: number): string {
  if (to - from === 1) return `layer ${from + 1} (${problem.layerNames[from] ?? "?"})`;
  return `layers ${from + 1}–${to}`;
}

function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${Math.max(1, Math.round(bytes / 1e6))} MB`;
}
