// Owns plans made stage by stage: of all partial plans with equally many stages the ones that promise most by the relaxation (prices included) are kept.
// Each stage gets nodes of its own: coming back is the exact search's business, here it only leads to ping-pong. Good prices make a narrow beam nearly exact.
import type { PricedBound } from "./lagrangian.ts";
import { hopAt, type Tables } from "./tables.ts";

type Stage = { processor: number; from: number; to: number };
type Partial = { previous: Partial | null; processor: number; from: number; to: number; priced: number; promise: number; /** Of the set of nodes used, so that equals are kept once. */ nodesHash: number };

export type BeamOptions = {
  /** Partial plans kept of each length, and ends tried of each stage. */
  width: number;
  ends: number;
  /** Nothing that promises no less is looked at. Priced cost, so the caller's upper bound plus the prices' credit. */
  below: number;
};

/** Chains by position index, most promising first, at most `width`; what else spans stages is the caller's to check. */
export function beamSearch(tables: Tables, guide: PricedBound, options: BeamOptions): Stage[][] {
  const { instance, last } = tables;
  const done: Partial[] = [];
  let level: (Partial | null)[] = [null];
  const longest = Math.min(instance.limits.maxStages, last, instance.nodes.length);
  for (let depth = 1; depth <= longest && level.length > 0; depth++) {
    const children: Partial[] = [];
    const bar = done.length >= options.width ? done[options.width - 1]!.promise : options.below;
    for (const partial of level) extend(tables, guide, partial, { ...options, below: bar }, children);
    children.sort(byPromise);
    const next: Partial[] = [];
    const seen = new Set<number>();
    for (const child of children) {
      if (child.to === last) {
        if (depth >= instance.limits.minStages) done.push(child);
        continue;
      }
      if (next.length >= options.width) continue;
      const key = (child.processor * (last + 1) + child.to) * 2 ** 31 + child.nodesHash;
      if (seen.has(key)) continue;
      seen.add(key);
      next.push(child);
    }
    done.sort(byPromise);
    level = next;
  }
  return done.slice(0, options.width).map(toStages);
}

function byPromise(a: Partial, b: Partial): number {
  return a.promise - b.promise || a.to - b.to || a.processor - b.processor;
}

function extend(tables: Tables, guide: PricedBound, partial: Partial | null, options: BeamOptions, children: Partial[]): void {
  const { instance, last } = tables;
  const size = last + 1;
  const at = partial?.to ?? 0;
  const place = partial ? tables.processorPlace[partial.processor]! : tables.source;
  const taken = takenNodes(tables, partial);
  for (let q = 0; q < tables.processorPlace.length; q++) {
    const to = tables.processorPlace[q]!;
    const until = tables.until[q]![at]!;
    if (until <= at || (!partial && tables.firstPlace >= 0 && to !== tables.firstPlace)) continue;
    const base = (partial?.priced ?? 0) + hopAt(tables, place, to, at);
    if (base + guide.relaxation.start[q * size + at]! >= options.below) continue;
    const nodes = instance.places[to]!.nodes;
    if (nodes.some((node) => taken.has(node))) continue;
    const processor = instance.processors[q]!;
    const perByte = guide.prices.perByte[q]!;
    const resident = tables.resident[q]!;
    const upTo = tables.upTo[q]!;
    const fixed = base + tables.costs.fixed[q]! - tables.before[q]![at]! + guide.prices.perStage[q]! + perByte * (processor.stageBytes - resident[at]!);
    const ends: Partial[] = [];
    for (let end = at + 1; end <= until; end++) {
      const priced = fixed + upTo[end]! + perByte * resident[end]!;
      const promise = priced + guide.relaxation.after[q * size + end]!;
      if (promise >= options.below || (end < last && ends.length === options.ends && promise >= ends[options.ends - 1]!.promise)) continue;
      const child = { previous: partial, processor: q, from: at, to: end, priced, promise, nodesHash: nodes.reduce((hash, node) => (hash ^ Math.imul(node + 1, 0x9e3779b1)) & 0x7fffffff, partial?.nodesHash ?? 0) };
      // The model's end always counts; of the others those that promise most.
      if (end === last) children.push(child);
      else remember(ends, child, options.ends);
    }
    children.push(...ends);
  }
}

function remember(ends: Partial[], child: Partial, most: number): void {
  if (ends.length === most) ends.pop();
  let at = ends.length;
  while (at > 0 && ends[at - 1]!.promise > child.promise) at--;
  ends.splice(at, 0, child);
}

function takenNodes(tables: Tables, partial: Partial | null): Set<number> {
  const taken = new Set<number>();
  for (let step = partial; step; step = step.previous) for (const node of tables.instance.places[tables.processorPlace[step.processor]!]!.nodes) taken.add(node);
  return taken;
}

function toStages(partial: Partial): Stage[] {
  const stages: Stage[] = [];
  for (let step: Partial | null = partial; step; step = step.previous) stages.unshift({ processor: step.processor, from: step.from, to: step.to });
  return stages;
}
