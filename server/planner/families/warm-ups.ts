// Small searches of every kind, for a thread to meet before the first that somebody waits for. Pure.
import type { SearchObjective, SearchRequest } from "../search/solver.ts";
import { LATENCY_WEIGHTS } from "../search/additive-costs.ts";
import { buildFamily } from "./build-family.ts";

const KINDS: SearchObjective[] = [{ kind: "additive", weights: LATENCY_WEIGHTS }, { kind: "bottleneck" }];
const SEEDS = [1, 2, 3, 4, 5, 6];

/** Five nodes and 60 layers, as in a home or a workshop: enough to have the hot loops compiled, some ten milliseconds each. */
export function warmUps(): SearchRequest[] {
  return SEEDS.flatMap((seed) => KINDS.map((objective) => ({ instance: buildFamily(seed % 2 === 0 ? "hidp-boards" : "mesh", { seed, layers: 60, nodes: 5, memoryShare: 0.35 }), objective })));
}
