// Owns what may be forgotten: a start or an end of a stage through which even the cheapest priced walk costs more than the best plan known can't be part of a better one.
// (Reduced-cost fixing; it keeps every plan that is better, so the search on what is left stays exact.)
import { relaxForward } from "./forward-relaxation.ts";
import type { PricedBound } from "./lagrangian.ts";
import { mapDistinct } from "./map-distinct.ts";
import type { Tables } from "./tables.ts";

export type FixedStates = {
  tables: Tables;
  /** States that are left, of all that there were in the given tables. */
  left: number;
  of: number;
  /** Processors that may still serve a stage. */
  processors: number[];
};

/** `upper`: cost of the best plan, without the constant. Positions that nothing starts or ends at any more are left out of the new tables. */
export function fixStates(tables: Tables, priced: PricedBound, upper: number): FixedStates {
  const { last } = tables;
  const width = last + 1;
  const { arrive, end } = relaxForward(tables, priced.prices);
  const { start, after } = priced.relaxation;
  const limit = upper + priced.credit;
  const useful = new Uint8Array(width);
  useful[0] = useful[last] = 1;
  let left = 0;
  let of = 0;
  const processors: number[] = [];
  const until: Int32Array[] = [];
  const mayEnd: Uint8Array[] = [];
  for (let p = 0; p < tables.processorPlace.length; p++) {
    const reach = tables.until[p]!.slice();
    const ends = new Uint8Array(width);
    let starts = 0;
    for (let c = 0; c < width; c++) {
      if (reach[c]! > c) {
        of++;
        if (arrive[p * width + c]! + start[p * width + c]! < limit) {
          starts++;
          useful[c] = 1;
        } else reach[c] = c;
      }
      if (tables.mayEnd[p]![c] === 1 && end[p * width + c]! + after[p * width + c]! < limit) {
        ends[c] = 1;
        useful[c] = 1;
      }
    }
    left += starts;
    if (starts > 0) processors.push(p);
    until.push(reach);
    mayEnd.push(ends);
  }
  return { tables: keepPositions({ ...tables, until, mayEnd }, useful), left, of, processors };
}

function keepPositions(tables: Tables, useful: Uint8Array): Tables {
  const kept = [...useful.keys()].filter((c) => useful[c] === 1);
  if (kept.length === useful.length) return tables;
  const pick = (values: Float64Array) => Float64Array.from(kept, (c) => values[c]!);
  // newIndex[c]: the last kept position at or before c.
  const newIndex = new Int32Array(useful.length);
  for (let c = 0, index = -1; c < useful.length; c++) {
    if (useful[c] === 1) index++;
    newIndex[c] = index;
  }
  const workspace = (values: Float64Array) =>
    Float64Array.from({ length: kept.length - 1 }, (_, index) => {
      let largest = 0;
      for (let c = kept[index]!; c < kept[index + 1]!; c++) largest = Math.max(largest, values[c]!);
      return largest;
    });
  return {
    ...tables,
    positions: Int32Array.from(kept, (c) => tables.positions[c]!),
    last: kept.length - 1,
    upTo: tables.upTo.map(pick),
    before: tables.before.map(pick),
    resident: mapDistinct(tables.resident, pick),
    workspace: mapDistinct(tables.workspace, workspace),
    bytes: pick(tables.bytes),
    tainted: Uint8Array.from(kept, (c) => tables.tainted[c]!),
    until: tables.until.map((reach) => Int32Array.from(kept, (c, index) => (reach[c]! > c ? Math.max(newIndex[reach[c]!]!, index) : index))),
    mayEnd: tables.mayEnd.map((ends) => Uint8Array.from(kept, (c) => ends[c]!)),
  };
}
