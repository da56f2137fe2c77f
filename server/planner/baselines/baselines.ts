import { computeProportional } from "./compute-proportional.ts";
import { dads } from "./dads.ts";
import type { Baseline } from "./define-baseline.ts";
import { edgeShardLatency, edgeShardThroughput } from "./edge-shard.ts";
import { evenSplit } from "./even-split.ts";
import { hiDp } from "./hi-dp.ts";
import { memoryProportional } from "./memory-proportional.ts";
import { neurosurgeon } from "./neurosurgeon.ts";
import { omniBoost } from "./omni-boost.ts";
import { pipeEdge } from "./pipe-edge.ts";
import { randomSearch } from "./random-search.ts";
import { singleNode } from "./single-node.ts";
import { sourceOnly } from "./source-only.ts";
import { waterFilling } from "./water-filling.ts";

/** Every rule of others that plans chains of stages, from the simplest on. Their names are stable: plans and benchmarks are kept by them. */
export const BASELINES: readonly Baseline[] = [
  singleNode, sourceOnly, evenSplit, computeProportional, memoryProportional, waterFilling, neurosurgeon, dads, pipeEdge, edgeShardLatency, edgeShardThroughput, hiDp, omniBoost, randomSearch,
];
