// The programme as data: columns, rows and a constant.
import type { SearchStage } from "../instance.ts";

export type Column = {
  name: string;
  /** In the objective's unit. */
  cost: number;
  latencyMs: number;
  /** By node, then (offset by the number of nodes) by link. */
  busyMs: Map<number, number>;
  /** By node. */
  bytes: Map<number, number>;
  /** 0 or 1; otherwise any number from 0. */
  whole: boolean;
  stage?: SearchStage;
  crossing?: Crossing;
  way?: Way;
};
/** `before` and `after` are groups. */
export type Crossing = { at: number; before: number; after: number };
/** Places. */
export type Way = { first: number; last: number };

/** lower ≤ Σ value × column ≤ upper; null = open. */
export type Row = { name: string; terms: { column: number; value: number }[]; lower: number | null; upper: number | null };

export type Milp = { columns: Column[]; rows: Row[]; /** Cost that every plan pays. */ constant: number };
