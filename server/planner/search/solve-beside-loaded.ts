// Owns the best plan while what runs stays loaded. A stage that the plan keeps as it is takes no more memory, so memory is no sum over layers any more; but it is one as
// soon as it is settled which stages are kept. Branch and bound on that: what is open counts as free, which bounds every plan below; what is kept is nailed down; what
// is not kept is held. Each node of the tree is an ordinary search.
import { evaluate } from "../evaluate.ts";
import { type Instance, isLoaded, type Processor, processorStageBytes, type SearchStage } from "../instance.ts";
import { createIncumbent } from "./incumbent.ts";
import { gapOf, type Outcome, type SearchContext, type SearchRequest, type Solver } from "./solver.ts";

/** Of four stages that run, all combinations are searched; of more, those that promise most. */
const MAX_SOLVES = 32;
/** Of what is left, for one search; the last ones get what there is. */
const TIME_SHARE = 0.4;
const PROVED = 1e-9;

type Branch = { kept: readonly SearchStage[]; open: readonly SearchStage[]; bound: number };

/** `choose`: who searches the problems in which nothing is shared. */
export function solveBesideLoaded(request: SearchRequest, choose: (request: SearchRequest) => Solver, context: SearchContext): Outcome {
  const { instance } = request;
  const { onProgress: _, ...quiet } = context;
  const startedMs = context.now();
  const incumbent = createIncumbent(request, context, startedMs);
  const best = () => incumbent.best();
  const answer = (lower: number): Outcome => {
    const { bound: _told, ...found } = best();
    const bound = found.stages ? Math.min(lower, found.cost) : lower;
    return { ...found, bound, proved: found.stages ? gapOf({ cost: found.cost, bound }) <= PROVED : bound === Number.POSITIVE_INFINITY, elapsedMs: context.now() - startedMs };
  };
  const open: Branch[] = [{ kept: [], open: instance.loaded ?? [], bound: Number.NEGATIVE_INFINITY }];
  /** Of branches that no search could settle. */
  let unsettled = Number.POSITIVE_INFINITY;
  for (let solves = 0; ; solves++) {
    open.sort((a, b) => a.bound - b.bound);
    while (open.length > 0 && open.at(-1)!.bound >= best().cost) open.pop();
    const bound = Math.min(unsettled, open[0]?.bound ?? Number.POSITIVE_INFINITY);
    if (best().stages && bound < best().cost) incumbent.raise(bound);
    if (open.length === 0 || solves >= MAX_SOLVES || (solves > 0 && (context.cancelled() || context.now() >= context.deadlineMs))) return answer(bound);
    const branch = open.shift()!;
    const narrowed = narrow(instance, branch);
    if (narrowed === null) continue;
    const now = context.now();
    const { stages: known } = best();
    const asked: SearchRequest = { ...request, instance: narrowed, seeds: [...(request.seeds ?? []), ...(known ? [known] : [])] };
    const outcome = choose(asked).solve(asked, { ...quiet, deadlineMs: now + Math.max(0, context.deadlineMs - now) * TIME_SHARE });
    if (outcome.stages === null && outcome.proved) continue;
    const lower = Math.max(branch.bound, outcome.bound);
    const isPlan = outcome.stages !== null && incumbent.offer(outcome.stages, outcome.by)?.length === 0;
    // A plan of the branch that is the cheapest there settles it; where the search ended too soon, smaller branches may do.
    const next = isPlan && outcome.proved ? undefined : undecided(instance, branch, outcome.stages);
    if (next) open.push(...fork(branch, next, lower));
    else unsettled = Math.min(unsettled, lower);
  }
}

function fork({ kept, open }: Branch, stage: SearchStage, bound: number): Branch[] {
  const rest = open.filter((other) => other !== stage);
  // Replicas run the same layers side by side; a plan runs them once, so one that is kept leaves no room for those of others.
  const beside = rest.filter((other) => other.to <= stage.from || stage.to <= other.from);
  return [{ kept: [...kept, stage], open: beside, bound }, { kept, open: rest, bound }];
}

/** A stage on a node that the plan fills too far: counted as free, but not kept. Without a plan the first one. */
function undecided(instance: Instance, { open }: Branch, stages: readonly SearchStage[] | null): SearchStage | undefined {
  const figures = stages && evaluate(instance, stages);
  if (!stages || !figures) return open[0];
  const nodesOf = (stage: SearchStage) => instance.places[instance.processors[stage.processor]!.place]!.nodes;
  const notKept = open.filter((stage) => !isLoaded({ loaded: stages }, stage));
  return notKept.find((stage) => nodesOf(stage).some((node) => figures.nodeBytes[node]! > instance.nodes[node]!.freeBytes)) ?? notKept[0];
}

/** Kept stages nailed down; what is kept or open leaves its memory free, for itself or for whatever takes its place. Null = a kept stage may not be there. */
function narrow({ loaded: _, ...instance }: Instance, { kept, open }: Branch): Instance | null {
  const free = instance.nodes.map((node) => node.freeBytes);
  for (const stage of [...kept, ...open]) {
    const processor = instance.processors[stage.processor]!;
    for (const node of instance.places[processor.place]!.nodes) free[node]! += processorStageBytes(processor, stage.from, stage.to);
  }
  const legal = instance.legal.slice();
  for (const { processor, from, to } of kept) {
    if (legal[from] === 0 || legal[to] === 0 || instance.processors[processor]!.allowedUntil[from]! < to) return null;
    legal.fill(0, from + 1, to);
  }
  return { ...instance, legal, nodes: instance.nodes.map((node, index) => ({ ...node, freeBytes: free[index]! })), processors: instance.processors.map((processor, index) => nailed(processor, index, kept)) };
}

/** Only its own processor may run a kept stage, and nothing beside it in one stage. */
function nailed(processor: Processor, index: number, kept: readonly SearchStage[]): Processor {
  if (kept.length === 0) return processor;
  const allowedUntil = processor.allowedUntil.slice();
  for (const { processor: own, from, to } of kept) {
    for (let layer = 0; layer < to; layer++) {
      if (layer < from) allowedUntil[layer] = Math.min(allowedUntil[layer]!, from);
      else allowedUntil[layer] = own === index ? Math.min(allowedUntil[layer]!, to) : layer;
    }
  }
  return { ...processor, allowedUntil };
}
