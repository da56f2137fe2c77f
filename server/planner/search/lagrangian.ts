// Owns the bound with prices: memory summed over a node (and one stage per node, where asked) is not dropped but paid for. Any prices ≥ 0 give a valid bound;
// subgradient steps (Held & Karp 1971, Polyak's step) look for the best. 
import { cheapestWalk, noPrices, type Prices, type Relaxation, relax } from "./relaxation.ts";
import type { Tables } from "./tables.ts";

export type PricedBound = {
  /** Valid lower bound, without the tables' constant. */
  bound: number;
  prices: Prices;
  /** What the prices are paid against: bound = relaxation.value − credit. */
  credit: number;
  relaxation: Relaxation;
  /** The prices by node: of all of its memory, and of a stage on it. */
  full: Float64Array;
  visit: Float64Array;
};

export type Pricing = {
  /** Takes up to `steps` subgradient steps on the tables, from where it stands. Ends early when the bound meets the upper bound or stands still. */
  run(tables: Tables, options: PricingOptions): void;
  /** The best prices so far, with the relaxation of the given tables under them. Never lower than any bound before. */
  best(tables: Tables): PricedBound;
  bound(): number;
};

export type PricingOptions = {
  steps: number;
  /** Cost of the best plan so far, without the constant; Infinity without one. */
  upper: number;
  stop(): boolean;
  /** A tighter relaxation under the same prices, instead of the plain one; null = it gave up, and the run ends. */
  tighter?(priced: PricedBound): { value: number; walk: readonly { processor: number; from: number; to: number }[] | null } | null;
};

/** `from`: prices to start at, of another pricing's best. */
export function createPricing(tables: Tables, plain: Relaxation, from?: PricedBound): Pricing {
  const { instance } = tables;
  const nodeCount = instance.nodes.length;
  // Prices of a node's whole memory, and of a stage on it, in cost units.
  let full = from ? from.full.slice() : new Float64Array(nodeCount);
  let visit = from ? from.visit.slice() : new Float64Array(nodeCount);
  let bestFull = full;
  let bestVisit = visit;
  let bound = from ? from.bound : plain.value;
  let theta = 1;
  let sinceBetter = 0;
  return {
    bound: () => bound,
    run(current, options) {
      full = bestFull;
      visit = bestVisit;
      theta = Math.max(theta, 0.05);
      for (let step = 0; step < options.steps && !options.stop(); step++) {
        const { prices, credit } = toPrices(current, full, visit);
        const relaxation = relax(current, prices);
        const tighter = options.tighter?.({ bound, prices, credit, relaxation, full, visit });
        if (tighter === null) return;
        const value = (tighter ? tighter.value : relaxation.value) - credit;
        if (value > bound + 1e-9 * Math.abs(bound)) sinceBetter = 0;
        else if (++sinceBetter >= 4) {
          theta /= 1.6;
          sinceBetter = 0;
        }
        if (value > bound || step === 0) {
          bound = Math.max(bound, value);
          if (value >= bound) {
            bestFull = full;
            bestVisit = visit;
          }
        }
        // Nothing left, or nothing below the best plan: proved.
        if (value === Number.POSITIVE_INFINITY || bound >= options.upper - 1e-10 * Math.abs(options.upper) || theta < 1e-3) return;
        const use = usage(current, tighter?.walk ?? cheapestWalk(current, relaxation));
        const norm = project(use, full, visit);
        // A walk that keeps every constraint it pays for can't be improved on.
        if (norm === 0) return;
        const target = Math.min(options.upper, bound + 0.15 * Math.abs(bound));
        const size = (theta * Math.max(target - value, 1e-6 * Math.abs(value))) / norm;
        full = full.map((price, node) => Math.max(0, price + size * use.over[node]!));
        visit = visit.map((price, node) => Math.max(0, price + size * use.repeats[node]!));
      }
    },
    best(current) {
      const { prices, credit } = toPrices(current, bestFull, bestVisit);
      const relaxation = relax(current, prices);
      bound = Math.max(bound, relaxation.value - credit);
      return { bound, prices, credit, relaxation, full: bestFull, visit: bestVisit };
    },
  };
}

/** A price that is nothing can't fall: such a direction counts for nothing. Returns the squared length of what is left. */
function project(use: { over: Float64Array; repeats: Float64Array }, full: Float64Array, visit: Float64Array): number {
  let norm = 0;
  for (let node = 0; node < full.length; node++) {
    if (full[node] === 0 && use.over[node]! < 0) use.over[node] = 0;
    if (visit[node] === 0 && use.repeats[node]! < 0) use.repeats[node] = 0;
    norm += use.over[node]! ** 2 + use.repeats[node]! ** 2;
  }
  return norm;
}

function toPrices(tables: Tables, full: Float64Array, visit: Float64Array): { prices: Prices; credit: number } {
  const { instance } = tables;
  const prices = noPrices(tables);
  for (const [p, processor] of instance.processors.entries()) {
    for (const node of instance.places[processor.place]!.nodes) {
      if (full[node]! > 0) prices.perByte[p]! += full[node]! / instance.nodes[node]!.freeBytes;
      prices.perStage[p]! += visit[node]!;
    }
  }
  let credit = 0;
  for (let node = 0; node < instance.nodes.length; node++) credit += full[node]! + visit[node]!;
  return { prices, credit };
}

/** By node: what the walk uses beyond its memory, as a share of it (negative = room), and stages beyond one. Workspace is left out: it does not add up. */
function usage(tables: Tables, walk: readonly { processor: number; from: number; to: number }[]): { over: Float64Array; repeats: Float64Array } {
  const { instance } = tables;
  const over = new Float64Array(instance.nodes.length);
  const repeats = new Float64Array(instance.nodes.length);
  for (const stage of walk) {
    const processor = instance.processors[stage.processor]!;
    const resident = tables.resident[stage.processor]!;
    for (const node of instance.places[processor.place]!.nodes) {
      over[node]! += (processor.stageBytes + resident[stage.to]! - resident[stage.from]!) / instance.nodes[node]!.freeBytes;
      repeats[node]! += 1;
    }
  }
  for (let node = 0; node < over.length; node++) {
    over[node] = Number.isFinite(instance.nodes[node]!.freeBytes) && instance.nodes[node]!.freeBytes > 0 ? over[node]! - 1 : 0;
    repeats[node] = instance.limits.oncePerNode ? repeats[node]! - 1 : 0;
  }
  return { over, repeats };
}
