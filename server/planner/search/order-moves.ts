// Owns what a change of an order would cost, without applying it: replace, insert, remove, swap, move and reverse, each priced by the order's own tables.
import { addHop, entryCosts, exitCosts, type OrderTables, stageForward } from "./order-tables.ts";
import type { Tables } from "./tables.ts";

export type OrderMoves = {
  /** Cost of front[0…at) + `middle` + back[next…): the order with stages at…next−1 replaced by `middle`. */
  price(solved: OrderTables, at: number, next: number, middle: readonly number[]): number;
};

/** Keeps the scratch arrays. Not to be shared between searches that run at the same time. */
export function createOrderMoves(tables: Tables): OrderMoves {
  const width = tables.last + 1;
  const a = new Float64Array(width);
  const b = new Float64Array(width);
  return {
    price(solved, at, next, middle) {
      const { order, front, back } = solved;
      const rest = next < order.length;
      if (middle.length === 0) {
        if (!rest) return at === 0 ? Number.POSITIVE_INFINITY : joinCost(front[at - 1]!, exitCosts(tables, order[at - 1]!));
        const first = order[next]!;
        if (at === 0) return entryCosts(tables, first)[0]! + back[next]![0]!;
        return joinCost(addHop(tables, front[at - 1]!, order[at - 1]!, first, a), back[next]!);
      }
      let costs = at === 0 ? entryCosts(tables, middle[0]!) : addHop(tables, front[at - 1]!, order[at - 1]!, middle[0]!, a);
      for (let m = 0; m < middle.length; m++) {
        if (m > 0) costs = addHop(tables, costs, middle[m - 1]!, middle[m]!, a);
        costs = stageForward(tables, middle[m]!, costs, b);
      }
      const lastProcessor = middle[middle.length - 1]!;
      if (!rest) return joinCost(costs, exitCosts(tables, lastProcessor));
      return joinCost(addHop(tables, costs, lastProcessor, order[next]!, a), back[next]!);
    },
  };
}

/** Where two halves meet: the cheapest position. */
function joinCost(front: Float64Array, back: Float64Array): number {
  let best = Number.POSITIVE_INFINITY;
  for (let c = 0; c < front.length; c++) {
    const cost = front[c]! + back[c]!;
    if (cost < best) best = cost;
  }
  return best;
}

