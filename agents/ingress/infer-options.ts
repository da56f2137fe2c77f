// Owns what a request may ask for beside its inputs.
import type { ProcessorTimes } from "../protocol/control.ts";
import type { Gone } from "./gone.ts";
import type { RouteVersion } from "./route-version.ts";
import type { SequenceStep } from "./route-streams.ts";
import type { GivenTrace } from "./trace-context.ts";

export type InferOptions = {
  deadlineMs: number | null; signal?: Gone; sequence: SequenceStep | null;
  /** Through this version only; null or absent = whichever is current. */
  version?: RouteVersion | null;
  /** 1 = first; 0 or absent = as the last level. Of use while requests wait: for a batch, or for the first stage. */
  priority?: number;
  /** Of a request that may come again (request-name.ts); null or absent = it has none. */
  name?: string | null;
  /** When it came, `performance.now()`; absent = now. */
  receivedAt?: number;
  /** The trace it came with; null or absent = none. */
  trace?: GivenTrace | null;
  /** Of one that a processor made: absent = it came as tensors. `pre`: what that took, of its first step; null = it is another. `isLast`: the answer is yet to be made, and the trace told when it is. `receivedAt`: of all its bytes. */
  processor?: { pre: ProcessorTimes | null; isLast: boolean; receivedAt: number };
};
