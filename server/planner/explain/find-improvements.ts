// Owns which purchase would help a plan most: memory, bandwidth or one more machine, each solved for again.
import type { Instance, SearchStage } from "../instance.ts";
import type { Outcome, SearchRequest } from "../search/solver.ts";
import { crossingsOf, tallyStages } from "../tally-stages.ts";
import type { Change } from "./change.ts";
import { type Gain, rankChanges, type Solve } from "./rank-changes.ts";

/** The memory that is sold at least, and the step beyond it. */
const LEAST_MEMORY_BYTES = 256e6;
const MEMORY_STEP = 0.25;
const BANDWIDTH_FACTOR = 2;
/** Of each kind: an operator buys one thing, and each costs a search. The fullest nodes and busiest links come first. */
const MAX_CANDIDATES = 6;

export function findImprovements(request: SearchRequest, outcome: Outcome & { stages: SearchStage[] }, solve: Solve): Gain[] {
  return rankChanges(request, outcome, candidates(request.instance, outcome.stages), solve);
}

function candidates(instance: Instance, stages: readonly SearchStage[]): Change[] {
  const tally = tallyStages(instance, stages);
  const fullest = instance.nodes.map(({ freeBytes }, node) => ({ node, freeBytes, share: tally.nodeBytes[node]! / freeBytes })).filter(({ freeBytes }) => Number.isFinite(freeBytes));
  // A node that is left out may be so for want of memory: it comes after the used ones, the largest first.
  fullest.sort((a, b) => b.share - a.share || b.freeBytes - a.freeBytes);
  const used = [...new Set(crossingsOf(instance, stages).flatMap(({ from, to }) => instance.hops.links[from * instance.places.length + to]!))].sort((a, b) => tally.linkBusyMs[b]! - tally.linkBusyMs[a]!);
  const busiest = instance.nodes.flatMap((_, node) => (tally.nodeBusyMs[node]! > 0 ? [node] : [])).sort((a, b) => tally.nodeBusyMs[b]! - tally.nodeBusyMs[a]!);
  return [
    ...fullest.slice(0, MAX_CANDIDATES).map(({ node, freeBytes }): Change => ({ kind: "memory", node, addBytes: Math.max(LEAST_MEMORY_BYTES, freeBytes * MEMORY_STEP) })),
    ...used.slice(0, MAX_CANDIDATES).map((link): Change => ({ kind: "bandwidth", link, factor: BANDWIDTH_FACTOR })),
    ...busiest.slice(0, MAX_CANDIDATES).map((like): Change => ({ kind: "another-node", like })),
  ];
}
