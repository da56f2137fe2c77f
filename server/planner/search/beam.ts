// Owns a first plan: stage by stage, the partial plans that promise most by the relaxation (prices included) are kept; each stage on a node of its own.
import { hopAt, type Tables } from "./tables.ts";
import type { PricedBound } from "./lagrangian.ts";

type Partial = { previous: Partial | null; processor: number; from: number; to: number; cost: number; priced: number; promise: number; stages: number };

/** Ends tried of each stage. */
const ENDS = 4;

/** Chains by position index, cheapest first; each stage on nodes of its own (whatever else spans stages is the caller's to check). */
export function beamSearch(tables: Tables, guide: PricedBound, width: number): { processor: number; from: number; to: number }[][] {
  const { instance, last } = tables;
  const size = last + 1;
  const done: Partial[] = [];
  let level: (Partial | null)[] = [null];
  for (let depth = 1; depth <= Math.min(instance.limits.maxStages, last) && level.length > 0; depth++) {
    const next = new Map<number, Partial>();
    for (const partial of level) extend(tables, guide, partial, depth, (child) => {
      if (child.to === last) {
        if (depth >= instance.limits.minStages) done.push(child);
        return;
      }
      // One per end and processor: different sets of nodes behind are left to the order search.
      const key = child.processor * size + child.to;
      const known = next.get(key);
      if (!known || child.promise < known.promise) next.set(key, child);
    });
    level = [...next.values()].sort((a, b) => (a?.promise ?? 0) - (b?.promise ?? 0)).slice(0, width);
    const worst = done.length >= width ? done.sort((a, b) => a.promise - b.promise)[width - 1]!.promise : Number.POSITIVE_INFINITY;
    level = level.filter((partial) => partial !== null && partial.promise < worst);
  }
  return done.sort((a, b) => a.promise - b.promise).slice(0, width).map(toStages);
}

function extend(tables: Tables, guide: PricedBound, partial: Partial | null, depth: number, take: (child: Partial) => void): void {
  const { instance, last } = tables;
  const size = last + 1;
  const at = partial?.to ?? 0;
  const place = partial ? tables.processorPlace[partial.processor]! : tables.source;
  for (let q = 0; q < tables.processorPlace.length; q++) {
    const processor = instance.processors[q]!;
    const to = tables.processorPlace[q]!;
    if (!partial && tables.firstPlace >= 0 && to !== tables.firstPlace) continue;
    if (partial && to === place && instance.processors[partial.processor]!.unit === processor.unit) continue;
    const until = tables.until[q]![at]!;
    if (until <= at) continue;
    const hop = hopAt(tables, place, to, at);
    const base = (partial?.priced ?? 0) + hop;
    if (base + guide.relaxation.start[q * size + at]! === Number.POSITIVE_INFINITY) continue;
    if (usedBefore(tables, partial, q)) continue;
    const room = Math.min(...instance.places[to]!.nodes.map((node) => instance.nodes[node]!.freeBytes));
    const perByte = guide.prices.perByte[q]!;
    const ends: End[] = [];
    let workspace = 0;
    for (let end = at + 1; end <= until; end++) {
      workspace = Math.max(workspace, tables.workspace[q]![end - 1]!);
      const bytes = processor.stageBytes + tables.resident[q]![end]! - tables.resident[q]![at]!;
      if (bytes + workspace > room) break;
      const cost = (partial?.cost ?? 0) + hop + tables.costs.fixed[q]! + tables.upTo[q]![end]! - tables.before[q]![at]!;
      const priced = base + tables.costs.fixed[q]! + tables.upTo[q]![end]! - tables.before[q]![at]! + perByte * bytes + guide.prices.perStage[q]!;
      const promise = priced + guide.relaxation.after[q * size + end]!;
      if (promise === Number.POSITIVE_INFINITY) continue;
      // The ends that promise most; the whole model's end always.
      if (end === last) take({ previous: partial, processor: q, from: at, to: end, cost, priced, promise, stages: depth });
      else remember(ends, { end, cost, priced, promise });
    }
    for (const one of ends) take({ previous: partial, processor: q, from: at, to: one.end, cost: one.cost, priced: one.priced, promise: one.promise, stages: depth });
  }
}

type End = { end: number; cost: number; priced: number; promise: number };

function remember(ends: End[], one: End): void {
  if (ends.length === ENDS && one.promise >= ends[ENDS - 1]!.promise) return;
  if (ends.length === ENDS) ends.pop();
  let at = ends.length;
  while (at > 0 && ends[at - 1]!.promise > one.promise) at--;
  ends.splice(at, 0, one);
}

/** Whether a node of q's place serves an earlier stage already. Coming back is the exact search's business: here it only leads to ping-pong. */
function usedBefore(tables: Tables, partial: Partial | null, q: number): boolean {
  const { instance } = tables;
  const place = instance.processors[q]!.place;
  for (let step = partial; step; step = step.previous) {
    const other = instance.processors[step.processor]!.place;
    if (other === place || instance.places[other]!.nodes.some((node) => instance.places[place]!.nodes.includes(node))) return true;
  }
  return false;
}

function toStages(partial: Partial): { processor: number; from: number; to: number }[] {
  const stages: { processor: number; from: number; to: number }[] = [];
  for (let step: Partial | null = partial; step; step = step.previous) stages.unshift({ processor: step.processor, from: step.from, to: step.to });
  return stages;
}
