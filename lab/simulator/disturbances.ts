// Owns what happens to a simulated fleet: nodes and links that become slower for a while, by seed. Every policy meets the same.
import { seededRandom } from "../../server/model/seeded-random.ts";
import type { Problem } from "../../server/planner/problem.ts";
import { pairKey, type Slowdowns } from "../../server/policy/adapt/todays-problem.ts";

export type Disturbance = { fromMs: number; toMs: number; slowdowns: Slowdowns };
export type Trace = { endMs: number; disturbances: Disturbance[] };

const LEAST_MS = 1_800_000;
/** So that long ones come often enough to be averaged over. */
const LEAST_COUNT = 12;
const NODE_SHARE = 0.6;
/** Others use the fleet, and then leave it alone, for times that have no memory. */
const LEAST_GAP_MS = 60_000;

/** `endMs`: how long it is. `gapMs`: mean of the pauses. `firstMs`: nothing happens before. */
export type TraceLength = { endMs: number; gapMs: number; firstMs: number };

/** Long enough that what happens by chance is averaged over. */
export function fullLength(dwellMs: number): TraceLength {
  const gapMs = Math.max(LEAST_GAP_MS, dwellMs);
  return { endMs: Math.max(LEAST_MS, LEAST_COUNT * (dwellMs + gapMs)), gapMs, firstMs: LEAST_GAP_MS };
}

/** `dwellMs`: their mean. One at a time. */
export function makeTrace(problem: Problem, dwellMs: number, seed: number, { endMs, gapMs, firstMs }: TraceLength = fullLength(dwellMs)): Trace {
  const random = seededRandom(seed * 104_729 + Math.round(dwellMs));
  const exponential = (mean: number) => -Math.log(1 - random()) * mean;
  const disturbances: Disturbance[] = [];
  for (let at = firstMs + exponential(gapMs); at < endMs; ) {
    const toMs = Math.min(endMs, at + exponential(dwellMs));
    disturbances.push({ fromMs: at, toMs, slowdowns: makeSlowdown(problem, random) });
    at = toMs + exponential(gapMs);
  }
  return { endMs, disturbances };
}

function makeSlowdown(problem: Problem, random: () => number): Slowdowns {
  const pick = (count: number) => Math.min(count - 1, Math.floor(random() * count));
  const nodes = new Map<string, number>();
  const links = new Map<string, number>();
  const id = (index: number) => problem.nodes[index]?.topologyNodeId ?? "";
  if (random() < NODE_SHARE) nodes.set(id(pick(problem.nodes.length)), 2 + 3 * random());
  else {
    const a = pick(problem.nodes.length);
    const b = (a + 1 + pick(problem.nodes.length - 1)) % problem.nodes.length;
    const factor = 3 + 5 * random();
    links.set(pairKey(id(a), id(b)), factor).set(pairKey(id(b), id(a)), factor);
  }
  return { nodes, links };
}

export const QUIET: Slowdowns = { nodes: new Map(), links: new Map() };

export function slowdownsAt(trace: Trace, atMs: number): Slowdowns {
  return trace.disturbances.find((one) => one.fromMs <= atMs && atMs < one.toMs)?.slowdowns ?? QUIET;
}
