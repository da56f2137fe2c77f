// Owns the first plan: an exact dynamic programme over contiguous cuts and distinct nodes.
// State (layers done, last node, set of nodes used); each stage takes a node of its own, so stages = size of the set.
// Exact within its limits (nodes and cuts kept below); beyond them the weakest candidates are left out and the plan says that it is not proved.
import { checkPlacement } from "./check-placement.ts";
import { estimatePlacement, hopFigures, ingressMs } from "./estimate.ts";
import type { Estimate, Infeasible, Objective, Placement, Plan, Refusal } from "./plan.ts";
import { crossingBytes, type Problem, stageMemoryBytes, stageMs } from "./problem.ts";

/** 2^8 sets × 8 nodes × 96 cuts × 96 × 8 steps stays below about a second; more would stall a canvas. */
export const MAX_CANDIDATE_NODES = 8;
export const MAX_CANDIDATE_CUTS = 96;

export type SolveOptions = {
  objective: Objective;
  /** Use at least this many nodes, even where fewer would do better. */
  minStages?: number;
  maxStages?: number;
  /** Only nodes that could run it now. */
  forDeploy?: boolean;
};
export type Solution = { placement: Placement; estimate: Estimate; origin: Extract<Plan["origin"], { by: "solver" }> };

type Chain = { costMs: number; latencyMs: number; previous: Chain | null; from: number; to: number; node: number };

export function solveChain(problem: Problem, options: SolveOptions): Solution | Infeasible {
  const minStages = Math.max(1, options.minStages ?? 1);
  const nodes = candidateNodes(problem, options);
  const cuts = candidateCuts(problem);
  const maxStages = Math.min(options.maxStages ?? nodes.length, nodes.length);
  if (nodes.length === 0 || maxStages < minStages) return { infeasible: true, refusals: refuseNodes(problem, options, nodes.length, minStages) };
  const best = search(problem, { objective: options.objective, minStages, maxStages, nodes, cuts });
  if (!best) return { infeasible: true, refusals: refuseSearch(problem, cuts, minStages) };
  const placement: Placement = [];
  for (let step: Chain | null = best; step; step = step.previous) placement.unshift({ from: step.from, to: step.to, topologyNodeId: problem.nodes[step.node]?.topologyNodeId ?? "" });
  const estimate = estimatePlacement(problem, placement);
  const refusals = checkPlacement(problem, placement, options.forDeploy ? { forDeploy: true } : {});
  if (!estimate || refusals.length > 0) return { infeasible: true, refusals };
  const proved = nodes.length === usableNodes(problem, options).length && cuts.length === legalPositions(problem).length;
  const value = options.objective === "latency" ? estimate.latencyMs : estimate.bottleneckMs;
  return { placement, estimate, origin: { by: "solver", solver: "subset-dp/1", objective: options.objective, lowerBound: proved ? value : null, gap: proved ? 0 : null, proved } };
}

type SearchSpace = { objective: Objective; minStages: number; maxStages: number; nodes: number[]; cuts: number[] };

/** Expands sets of used nodes in order of size, so each state is final when it is read. The source is tried per first node when it is not fixed. */
function search(problem: Problem, space: SearchSpace): Chain | null {
  let best: Chain | null = null;
  const sources = problem.sourceIndex === null ? space.nodes : [problem.sourceIndex];
  for (const source of sources) {
    const found = searchFrom(problem, space, source);
    if (found && (best === null || better(found, best))) best = found;
  }
  return best;
}

function searchFrom(problem: Problem, space: SearchSpace, source: number): Chain | null {
  const positions = [...space.cuts, problem.layerCount];
  // A state is (set of used slots, layers done, last node).
  let frontier = new Map<string, { set: number; at: number; partial: Chain | null; node: number }>([["start", { set: 0, at: 0, partial: null, node: source }]]);
  let best: Chain | null = null;
  for (let stages = 1; stages <= space.maxStages && frontier.size > 0; stages++) {
    const next: typeof frontier = new Map();
    for (const state of frontier.values()) {
      for (const [slot, node] of space.nodes.entries()) {
        if (state.set & (1 << slot)) continue;
        // Without a fixed source requests enter at the first stage's node.
        if (stages === 1 && problem.sourceIndex === null && node !== source) continue;
        const arrival = hopFigures(problem, state.node, node, crossingBytes(problem, state.at));
        if (!arrival || !trustedWay(problem, state.node, node)) continue;
        for (const to of positions) {
          if (to <= state.at) continue;
          const partial = extend(problem, space.objective, state.partial, { from: state.at, to, node, arrivalMs: arrival.latencyMs + arrival.transferMs, linkMs: arrival.kind === "local" ? 0 : arrival.transferMs });
          if (!partial) break; // memory only grows with `to`
          if (to === problem.layerCount) {
            const done = stages >= space.minStages ? finish(problem, space.objective, partial, source) : null;
            if (done && (best === null || better(done, best))) best = done;
            continue;
          }
          const key = `${state.set | (1 << slot)}:${to}:${node}`;
          const known = next.get(key);
          if (!known?.partial || better(partial, known.partial)) next.set(key, { set: state.set | (1 << slot), at: to, partial, node });
        }
      }
    }
    frontier = next;
  }
  return best;
}

function extend(problem: Problem, objective: Objective, previous: Chain | null, step: { from: number; to: number; node: number; arrivalMs: number; linkMs: number }): Chain | null {
  const node = problem.nodes[step.node];
  if (!node || (node.memoryLimitBytes !== null && stageMemoryBytes(problem, step.from, step.to) > node.memoryLimitBytes)) return null;
  const computeMs = stageMs(node, step.from, step.to);
  const latencyMs = (previous?.latencyMs ?? 0) + step.arrivalMs + computeMs;
  const costMs = objective === "latency" ? latencyMs : Math.max(previous?.costMs ?? 0, computeMs, step.linkMs);
  return { costMs, latencyMs, previous, from: step.from, to: step.to, node: step.node };
}

/** Adds the answer's way back to the source and what the request pays at the ingress. */
function finish(problem: Problem, objective: Objective, partial: Chain, source: number): Chain | null {
  const answer = hopFigures(problem, partial.node, source, problem.outputBytes);
  if (!answer || !trustedWay(problem, partial.node, source)) return null;
  const latencyMs = partial.latencyMs + answer.latencyMs + answer.transferMs + ingressMs(problem);
  const linkMs = answer.kind === "local" ? 0 : answer.transferMs;
  return { ...partial, latencyMs, costMs: objective === "latency" ? latencyMs : Math.max(partial.costMs, linkMs) };
}

function better(a: Chain, b: Chain): boolean {
  return a.costMs < b.costMs || (a.costMs === b.costMs && a.latencyMs < b.latencyMs);
}

function trustedWay(problem: Problem, from: number, to: number): boolean {
  return from === to || (problem.paths[from]?.[to]?.trusted ?? false);
}

function usableNodes(problem: Problem, options: SolveOptions): number[] {
  return problem.nodes.flatMap((node, index) => (node.trusted && (!options.forDeploy || (!node.planned && node.online && node.approved && !node.cordoned)) ? [index] : []));
}

/** The fastest usable nodes; the source always stays in. */
function candidateNodes(problem: Problem, options: SolveOptions): number[] {
  const usable = usableNodes(problem, options);
  const wholeMs = (index: number) => (index === problem.sourceIndex ? -1 : (problem.nodes[index]?.cumulativeMs.at(-1) ?? 0));
  return usable.sort((a, b) => wholeMs(a) - wholeMs(b) || a - b).slice(0, MAX_CANDIDATE_NODES);
}

/** Positions p where a cut before layer p is legal. */
function legalPositions(problem: Problem): number[] {
  return problem.cutLegal.flatMap((legal, index) => (legal ? [index + 1] : []));
}

/** The cuts with the fewest bytes, spread over the model: the best of each of `MAX_CANDIDATE_CUTS` equal parts of the legal positions. */
function candidateCuts(problem: Problem): number[] {
  const legal = legalPositions(problem);
  if (legal.length <= MAX_CANDIDATE_CUTS) return legal;
  return Array.from({ length: MAX_CANDIDATE_CUTS }, (_, part) => {
    const group = legal.slice(Math.floor((part * legal.length) / MAX_CANDIDATE_CUTS), Math.floor(((part + 1) * legal.length) / MAX_CANDIDATE_CUTS));
    return group.reduce((a, b) => (crossingBytes(problem, b) < crossingBytes(problem, a) ? b : a));
  });
}

function refuseNodes(problem: Problem, options: SolveOptions, usable: number, minStages: number): Refusal[] {
  if (problem.nodes.length === 0) return [{ code: "empty", message: "The drawing has no node.", fix: "Add a node." }];
  if (usable === 0) return [{ code: "unknown-node", message: options.forDeploy ? "No node is live, online, trusted and free to take work." : "No node is trusted.", fix: options.forDeploy ? "Start an agent, or uncordon a node." : "Mark a node trusted." }];
  return [{ code: "too-many-stages", message: `${minStages} stages are wanted, but only ${usable} nodes can be used.`, fix: "Ask for fewer stages, or add a node." }];
}

function refuseSearch(problem: Problem, cuts: number[], minStages: number): Refusal[] {
  if (cuts.length + 1 < minStages) return [{ code: "illegal-cut", message: `The model has ${cuts.length} legal cuts; ${minStages} stages need ${minStages - 1}.`, fix: "Ask for fewer stages." }];
  const needBytes = stageMemoryBytes(problem, 0, problem.layerCount);
  const haveBytes = problem.nodes.reduce((sum, node) => sum + (node.memoryLimitBytes ?? Number.POSITIVE_INFINITY), 0);
  if (haveBytes < needBytes) return [{ code: "memory", message: `The model needs about ${Math.ceil(needBytes / 1e6)} MB; all nodes together have ${Math.floor(haveBytes / 1e6)} MB.`, fix: `Add a node with ${Math.ceil((needBytes - haveBytes) / 1e6)} MB or more.` }];
  return [{ code: "no-path", message: "No chain of linked nodes can hold the model.", fix: "Draw links between the nodes, or give one of them more memory." }];
}
