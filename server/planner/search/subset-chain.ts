// Owns an exact search for small fleets: a dynamic programme over the set of places used, the layers done and the last place; each stage takes a place of its own.
// Beyond its limits the slowest places and the dearest cuts are left out, and it says that nothing is proved.
import { evaluate } from "../evaluate.ts";
import { type Instance, processorStageBytes, processorStageMs, type SearchStage } from "../instance.ts";
import { checkStages } from "../check-stages.ts";
import { additiveCosts, hopCost, LATENCY_WEIGHTS } from "./additive-costs.ts";
import { objectiveCost } from "./objective-cost.ts";
import type { Outcome, SearchContext, SearchRequest, Solver } from "./solver.ts";

/** 2^8 sets × 8 places × 96 cuts × 96 × 8 steps stays below about a second. */
export const MAX_PLACES = 8;
export const MAX_CUTS = 96;

type Chain = { cost: number; tie: number; previous: Chain | null; stage: SearchStage };
type State = { set: number; at: number; place: number; chain: Chain | null };

export const subsetChain: Solver = { name: "subset-dp/2", label: "small exact search", solve };

function solve(request: SearchRequest, context: SearchContext): Outcome {
  const startedMs = context.now();
  const { instance } = request;
  const processors = candidates(instance);
  const cuts = candidateCuts(instance);
  let best: { stages: SearchStage[]; cost: number; tie: number } | null = null;
  let stopped = false;
  const done = (stages: SearchStage[]) => {
    const figures = evaluate(instance, stages);
    if (!figures || checkStages(instance, stages).length > 0) return;
    const cost = objectiveCost(request, stages, figures);
    if (best !== null && (cost > best.cost || (cost === best.cost && figures.latencyMs >= best.tie))) return;
    best = { stages, cost, tie: figures.latencyMs };
    context.onProgress?.({ stages, cost, bound: Number.NEGATIVE_INFINITY, elapsedMs: context.now() - startedMs, by: "subsets" });
  };
  for (const seed of request.seeds ?? []) done([...seed]);
  const sources = instance.source >= 0 ? [instance.source] : [...new Set(processors.map((p) => instance.processors[p]!.place))];
  for (const source of sources) stopped = searchFrom(request, context, { source, processors, cuts, done }) || stopped;
  const elapsedMs = context.now() - startedMs;
  const found = best as { stages: SearchStage[]; cost: number } | null;
  // Limits on a sum (bottleneck, latency) may cut off what leads to the optimum: then a plan is found or not, and nothing is proved.
  const { limits } = instance;
  const whole = limits.oncePerNode && instance.apart.length === 0 && limits.bottleneckMs === Number.POSITIVE_INFINITY && (limits.latencyMs === Number.POSITIVE_INFINITY || request.objective.kind === "additive");
  const proved = !stopped && whole && request.objective.kind === "additive" && processors.length === usable(instance).length && cuts.length === legalCuts(instance).length;
  return { stages: found?.stages ?? null, cost: found?.cost ?? Number.POSITIVE_INFINITY, figures: found ? evaluate(instance, found.stages) : null, bound: proved ? (found?.cost ?? Number.POSITIVE_INFINITY) : Number.NEGATIVE_INFINITY, proved, elapsedMs, firstMs: found ? elapsedMs : null, bestMs: found ? elapsedMs : null, by: "subsets" };
}

type Space = { source: number; processors: number[]; cuts: number[]; done(stages: SearchStage[]): void };

/** True where it was stopped. States are expanded in order of the size of their set, so each is final when it is read. */
function searchFrom({ instance, objective, moving }: SearchRequest, context: SearchContext, space: Space): boolean {
  const costs = additiveCosts(instance, objective.kind === "additive" ? objective.weights : LATENCY_WEIGHTS, moving);
  const ends = [...space.cuts, instance.layerCount];
  const fixed = instance.source >= 0;
  let frontier = new Map<string, State>([["", { set: 0, at: 0, place: space.source, chain: null }]]);
  const finals = new Map<number, Chain>();
  for (let count = 1; count <= Math.min(instance.limits.maxStages, space.processors.length) && frontier.size > 0; count++) {
    const next: typeof frontier = new Map();
    for (const state of frontier.values()) {
      if (context.cancelled() || context.now() > context.deadlineMs) return true;
      for (const [slot, p] of space.processors.entries()) {
        const processor = instance.processors[p]!;
        if (state.set & (1 << slot) || (count === 1 && !fixed && processor.place !== space.source)) continue;
        const hop = hopCost(instance, costs, state.place, processor.place, state.at);
        if (hop === Number.POSITIVE_INFINITY) continue;
        const linkMs = linkTime(instance, state.place, processor.place, state.at);
        for (const to of ends) {
          if (to <= state.at) continue;
          if (to > processor.allowedUntil[state.at]! || processorStageBytes(processor, state.at, to) > instance.nodes[processor.place]!.freeBytes) break;
          const stageMs = processorStageMs(processor, state.at, to);
          const added = hop + costs.fixed[p]! + costs.upTo[p]![to]! - costs.before[p]![state.at]!;
          const tie = (state.chain?.tie ?? 0) + added;
          const cost = objective.kind === "additive" ? tie : Math.max(state.chain?.cost ?? 0, stageMs, linkMs);
          const chain: Chain = { cost, tie, previous: state.chain, stage: { processor: p, from: state.at, to } };
          if (to === instance.layerCount) {
            const back = hopCost(instance, costs, processor.place, space.source, to);
            if (back < Number.POSITIVE_INFINITY && count >= instance.limits.minStages) keep(finals, count, { ...chain, cost: objective.kind === "additive" ? cost + back : Math.max(cost, linkTime(instance, processor.place, space.source, to)), tie: tie + back });
            continue;
          }
          const key = `${state.set | (1 << slot)}:${to}:${p}`;
          const known = next.get(key)?.chain;
          if (!known || better(chain, known)) next.set(key, { set: state.set | (1 << slot), at: to, place: processor.place, chain });
        }
      }
    }
    frontier = next;
  }
  for (const chain of finals.values()) space.done(unroll(chain));
  return false;
}

function linkTime(instance: Instance, from: number, to: number, at: number): number {
  const links = instance.hops.links[from * instance.places.length + to]!;
  return Math.max(0, ...links.map((link) => instance.crossingBytes[at]! * instance.hops.linkPerByteMs[link]!));
}

function keep(finals: Map<number, Chain>, count: number, chain: Chain): void {
  const known = finals.get(count);
  if (!known || better(chain, known)) finals.set(count, chain);
}

const better = (a: Chain, b: Chain): boolean => a.cost < b.cost || (a.cost === b.cost && a.tie < b.tie);

function unroll(chain: Chain): SearchStage[] {
  const stages: SearchStage[] = [];
  for (let step: Chain | null = chain; step; step = step.previous) stages.unshift(step.stage);
  return stages;
}

/** Processors of a place alone that may run anything. */
function usable(instance: Instance): number[] {
  return instance.processors.flatMap((processor, p) => (instance.places[processor.place]!.nodes.length === 1 && processor.allowedUntil.some((until, at) => until > at) ? [p] : []));
}

/** The fastest; that of the source always stays in. */
function candidates(instance: Instance): number[] {
  const wholeMs = (p: number) => (instance.processors[p]!.place === instance.source ? -1 : processorStageMs(instance.processors[p]!, 0, instance.layerCount));
  return usable(instance).sort((a, b) => wholeMs(a) - wholeMs(b) || a - b).slice(0, MAX_PLACES);
}

function legalCuts(instance: Instance): number[] {
  return Array.from({ length: Math.max(0, instance.layerCount - 1) }, (_, index) => index + 1).filter((at) => instance.legal[at] === 1);
}

/** Those of fewest bytes, spread over the model. */
function candidateCuts(instance: Instance): number[] {
  const legal = legalCuts(instance);
  if (legal.length <= MAX_CUTS) return legal;
  return Array.from({ length: MAX_CUTS }, (_, part) => {
    const group = legal.slice(Math.floor((part * legal.length) / MAX_CUTS), Math.floor(((part + 1) * legal.length) / MAX_CUTS));
    return group.reduce((a, b) => (instance.crossingBytes[b]! < instance.crossingBytes[a]! ? b : a));
  });
}
