import { disNet } from "./dis-net.ts";
import { hiDpRows } from "./hi-dp-rows.ts";
import { moDnn } from "./mo-dnn.ts";
import type { RowBaseline } from "./row-baseline.ts";

/** Every rule of others that splits layers by rows. They are compared on group instances, in figures, and can't be chosen as plans. */
export const ROW_BASELINES: readonly RowBaseline[] = [moDnn, disNet, hiDpRows];
