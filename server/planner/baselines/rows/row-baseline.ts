import type { GroupInstance } from "../../families/group-instance.ts";
import type { RowFigures, RowSegment } from "./row-plan.ts";

/** A rule that splits layers by rows. It has no chain of stages to deploy: it is compared in figures only. */
export type RowBaseline = {
  name: string;
  label: string;
  source: string;
  plan(group: GroupInstance): { segments: RowSegment[]; figures: RowFigures };
};
