// Owns the search for good orders of processors: descent by replace, insert, remove, swap and move, then again from a shaken best. Each order is cut
// optimally (`order-tables.ts`), so the search is over who comes after whom, not over cuts. Seeded; it proves nothing.
import { createOrderMoves } from "./order-moves.ts";
import { bestCuts, type OrderTables, orderTables } from "./order-tables.ts";
import type { Tables } from "./tables.ts";

export type OrderSearch = {
  /** Descends from the order to a local optimum; null where it has no cuts and no change gives it any. `stop` is asked between neighbourhoods. */
  descend(order: readonly number[], stop: () => boolean): OrderTables | null;
  /** Descends again and again from shaken copies of the best order, until `stop`. */
  wander(order: readonly number[], stop: () => boolean): void;
};

export type OrderSearchOptions = {
  random: () => number;
  /** Told of each better chain on the way, by position index. */
  found(stages: { processor: number; from: number; to: number }[]): void;
};

type Change = { at: number; next: number; middle: number[]; cost: number };

export function createOrderSearch(tables: Tables, options: OrderSearchOptions): OrderSearch {
  const moves = createOrderMoves(tables);
  const { limits } = tables.instance;
  const processorCount = tables.processorPlace.length;
  const conflicts = conflictTable(tables);

  const offer = (solved: OrderTables) => {
    const stages = bestCuts(tables, solved);
    if (stages) options.found(stages);
  };

  /** Whether q may join the order with stage `except` (and `also`) taken out. */
  const free = (order: readonly number[], q: number, except: number, also = -1) => order.every((p, s) => s === except || s === also || conflicts[p * processorCount + q] === 0);

  const nearChange = (solved: OrderTables): Change | null => {
    const { order } = solved;
    let best: Change | null = null;
    const consider = (at: number, next: number, middle: number[]) => {
      const cost = moves.price(solved, at, next, middle);
      if (cost < (best?.cost ?? solved.cost * (1 - 1e-12))) best = { at, next, middle, cost };
    };
    for (let s = 0; s < order.length; s++) {
      if (order.length > limits.minStages) consider(s, s + 1, []);
      for (let q = 0; q < processorCount; q++) if (q !== order[s] && free(order, q, s)) consider(s, s + 1, [q]);
    }
    if (order.length < limits.maxStages) {
      for (let q = 0; q < processorCount; q++) {
        if (!free(order, q, -1)) continue;
        for (let s = 0; s <= order.length; s++) consider(s, s, [q]);
      }
    }
    return best;
  };

  const farChange = (solved: OrderTables): Change | null => {
    const { order } = solved;
    let best: Change | null = null;
    for (let s = 0; s < order.length; s++) {
      for (let t = s + 1; t < order.length; t++) {
        const inner = order.slice(s + 1, t);
        const variants = [[order[t]!, ...inner, order[s]!], [...inner, order[t]!, order[s]!], [order[t]!, order[s]!, ...inner], order.slice(s, t + 1).reverse()];
        for (const middle of t === s + 1 ? variants.slice(0, 1) : variants) {
          const cost = moves.price(solved, s, t + 1, middle);
          if (cost < (best?.cost ?? solved.cost * (1 - 1e-12))) best = { at: s, next: t + 1, middle, cost };
        }
      }
    }
    return best;
  };

  const descend: OrderSearch["descend"] = (start, stop) => {
    let solved = orderTables(tables, [...start]);
    if (Number.isFinite(solved.cost)) offer(solved);
    while (!stop()) {
      const change: Change | null = nearChange(solved) ?? farChange(solved);
      if (!change) break;
      solved = orderTables(tables, [...solved.order.slice(0, change.at), ...change.middle, ...solved.order.slice(change.next)]);
      offer(solved);
    }
    return Number.isFinite(solved.cost) ? solved : null;
  };

  const shake = (order: readonly number[]): number[] => {
    const shaken = [...order];
    const times = 1 + Math.floor(options.random() * 3);
    for (let time = 0; time < times; time++) {
      const s = Math.floor(options.random() * shaken.length);
      const choice = options.random();
      if (choice < 0.4 && shaken.length > 1) {
        const t = Math.floor(options.random() * shaken.length);
        [shaken[s], shaken[t]] = [shaken[t]!, shaken[s]!];
      } else {
        const q = Math.floor(options.random() * processorCount);
        const replaces = choice < 0.7;
        if (!free(shaken, q, replaces ? s : -1)) continue;
        if (replaces) shaken[s] = q;
        else if (shaken.length < limits.maxStages) shaken.splice(s, 0, q);
      }
    }
    return shaken;
  };

  return {
    descend,
    wander(order, stop) {
      let current = descend(order, stop);
      while (!stop() && current) {
        const next = descend(shake(current.order), stop);
        // Equal is taken too: plateaus are wandered over.
        if (next && next.cost <= current.cost) current = next;
      }
    },
  };
}

/** 1 where two processors may not be in one order: the same silicon twice; under `oncePerNode` any node twice. Sums over nodes are checked on what is found. */
function conflictTable(tables: Tables): Uint8Array {
  const { instance } = tables;
  const count = instance.processors.length;
  const conflicts = new Uint8Array(count * count);
  for (const [p, a] of instance.processors.entries()) {
    const nodes = new Set(instance.places[a.place]!.nodes);
    for (const [q, b] of instance.processors.entries()) {
      const shared = instance.places[b.place]!.nodes.some((node) => nodes.has(node));
      if (shared && (instance.limits.oncePerNode || a.place !== b.place || a.unit === b.unit)) conflicts[p * count + q] = 1;
    }
  }
  return conflicts;
}
