// Owns why there is no plan: smallest sets of constraints that cannot be met together, and the smallest changes that make a plan possible.
import type { Instance } from "../instance.ts";
import type { SearchRequest } from "../search/solver.ts";
import { applyChange, type Change } from "./change.ts";
import { constraintsOf } from "./constraints-of.ts";
import type { Solve } from "./rank-changes.ts";

export type Conflict = {
  /**
   * Sets of constraints that cannot be met together, each constraint as the change that lifts it. In a set every single one is needed for the conflict.
   * Where there are several sets they have nothing in common, and each forbids every plan by itself. Empty = not even without any constraint is there a plan (no way, or no cut).
   */
  sets: Change[][];
  /** Each of them alone makes a plan possible; none where there are several sets. */
  remedies: Remedy[];
  /** Where none is enough alone: two changes that together make a plan possible, neither larger than needed beside the other; cheapest plan first. */
  pairs: Pair[];
  /** False: some search ended before it could tell whether there is a plan, so a constraint may be named that is not needed. */
  proved: boolean;
};
export type Pair = { changes: [Change, Change]; cost: number };
export type Remedy = { change: Change; /** Cost of a plan with it. */ cost: number };

/** Constraints that are lifted as the first of a pair, what is asked beside each, and pairs that are enough: each costs some ten searches. */
const MAX_FIRST = 4;
const MAX_SECOND = 4;
const MAX_PAIRS = 2;
/** Halvings of an unknown amount; 24 leave a part in 16 million. */
const MAX_HALVINGS = 24;
/** A promise is told a little longer than the least, a demand to half a percent. */
const PROMISE_STEP = 1e-3;
const DEMAND_STEP = 5e-3;
const DEMAND_HALVINGS = 12;
/** Amounts of memory are told no finer. */
const MEMORY_STEP_BYTES = 1e6;

/** For a request that has no plan. */
export function findConflict(request: SearchRequest, solve: Solve): Conflict {
  let proved = true;
  const possible = (lifted: readonly Change[]): boolean => {
    const outcome = solve(lifted.reduce(applyChange, request));
    if (outcome.stages === null && !outcome.proved) proved = false;
    return outcome.stages !== null;
  };
  const kinds = constraintsOf(request.instance);
  const sets: Change[][] = [];
  if (!possible(kinds.flat())) return { sets, remedies: [], pairs: [], proved };
  for (let more = true; more; more = !possible(inOrder(kinds, sets.flat()))) {
    const set = smallestSet(kinds, sets.flat(), possible);
    // Only where a search that found a plan before finds it no more in its time.
    if (set.length === 0) break;
    sets.push(set);
  }
  const remedies = sets.length > 1 ? [] : sets.flat().flatMap((constraint) => remediesOf(request, constraint, solve));
  const pairs = remedies.length > 0 ? [] : findPairs(request, kinds, sets, { possible, solve });
  return { sets, remedies: remedies.sort((a, b) => a.cost - b.cost), pairs, proved };
}

/** Constraints are lifted for good one after the other as long as there is still no plan; what is left when no more can be lifted is the set. */
function smallestSet(kinds: readonly Change[][], without: readonly Change[], possible: (lifted: readonly Change[]) => boolean): Change[] {
  let lifted = [...without];
  const set: Change[] = [];
  for (const kind of kinds) {
    const rest = kind.filter((constraint) => !without.includes(constraint));
    // A kind that has no part in it is lifted at one go: fifty nodes' memory costs one search instead of fifty.
    if (rest.length > 1 && !possible(inOrder(kinds, [...lifted, ...rest]))) lifted = [...lifted, ...rest];
    else
      for (const constraint of rest) {
        if (possible(inOrder(kinds, [...lifted, constraint]))) set.push(constraint);
        else lifted = [...lifted, constraint];
      }
  }
  return set;
}

type Searches = { possible(lifted: readonly Change[]): boolean; solve: Solve };

/** One constraint is lifted as a whole; what is still in conflict then is remedied; and the first is lifted no further than needed beside that. */
function findPairs(request: SearchRequest, kinds: readonly Change[][], sets: readonly Change[][], { possible, solve }: Searches): Pair[] {
  const pairs: Pair[] = [];
  for (const first of (sets[0] ?? []).slice(0, MAX_FIRST)) {
    if (pairs.length >= MAX_PAIRS) break;
    // A rule that is gone moves the numbers of the others: it is left out after the second change, not before.
    if (first.kind === "may-meet") continue;
    const left = smallestSet(kinds, [first], possible).slice(0, MAX_SECOND);
    const seconds = left.flatMap((second) => (possible(inOrder(kinds, [first, second])) ? remediesOf(applyChange(request, first), second, solve) : []));
    const [second] = seconds.sort((a, b) => a.cost - b.cost);
    if (!second) continue;
    const [least] = remediesOf(applyChange(request, second.change), first, solve).sort((a, b) => a.cost - b.cost);
    if (least) pairs.push({ changes: [least.change, second.change], cost: least.cost });
  }
  return pairs.sort((a, b) => a.cost - b.cost);
}

/** The order in which they may be applied. */
function inOrder(kinds: readonly Change[][], changes: readonly Change[]): Change[] {
  return kinds.flat().filter((change) => changes.includes(change));
}

/** The smallest change of one constraint that is enough by itself; [] = no change of it alone is. */
function remediesOf(request: SearchRequest, constraint: Change, solve: Solve): Remedy[] {
  const attempt = (change: Change): Remedy | null => {
    const outcome = solve(applyChange(request, change));
    return outcome.stages ? { change, cost: outcome.cost } : null;
  };
  if (!attempt(constraint)) return constraint.kind === "memory" ? moveAway(request.instance, constraint.node, attempt) : [];
  switch (constraint.kind) {
    case "memory": return [leastMemory(request.instance, constraint.node, attempt), ...moveAway(request.instance, constraint.node, attempt)].flatMap((remedy) => remedy ?? []);
    case "trust-all": return untrustedWays(request.instance).flatMap((way) => attempt(way) ?? []);
    case "latency-limit": return [leastLimit(request, { limit: "latency-limit", solve })].flatMap((remedy) => remedy ?? []);
    case "slo": return [leastPromise(request, solve)].flatMap((remedy) => remedy ?? []);
    case "demand": return [mostDemand(request, attempt)].flatMap((remedy) => remedy ?? []);
    case "bottleneck-limit": return [leastLimit(request, { limit: "bottleneck-limit", solve })].flatMap((remedy) => remedy ?? []);
    case "max-stages": return first(stagesFrom(request.instance.limits.maxStages + 1, request.instance.layerCount), attempt);
    case "min-stages": return first(stagesFrom(request.instance.limits.minStages - 1, 1, "min-stages"), attempt);
    case "allow": return fewestLayers(request.instance, constraint.place, attempt);
    default: return [attempt(constraint)].flatMap((remedy) => remedy ?? []);
  }
}

type Attempt = (change: Change) => Remedy | null;

function first(changes: Iterable<Change>, attempt: Attempt): Remedy[] {
  for (const change of changes) {
    const remedy = attempt(change);
    if (remedy) return [remedy];
  }
  return [];
}

function* stagesFrom(begin: number, end: number, kind: "max-stages" | "min-stages" = "max-stages"): Generator<Change> {
  for (let stages = begin; kind === "max-stages" ? stages <= end : stages >= end; stages += kind === "max-stages" ? 1 : -1) yield { kind, stages };
}

/** Bisection: more memory never takes a plan away. */
function leastMemory(instance: Instance, node: number, attempt: Attempt): Remedy | null {
  const enough = Math.max(...instance.processors.map((processor) => 2 * instance.layerCount * (processor.stageBytes + Math.max(...processor.workspaceBytes)) + processor.residentBytes.at(-1)!));
  let [low, high] = [0, Math.ceil(enough / MEMORY_STEP_BYTES)];
  let best = attempt({ kind: "memory", node, addBytes: high * MEMORY_STEP_BYTES });
  for (let halving = 0; best && halving < MAX_HALVINGS && high - low > 1; halving++) {
    const middle = Math.floor((low + high) / 2);
    const remedy = attempt({ kind: "memory", node, addBytes: middle * MEMORY_STEP_BYTES });
    if (remedy) [best, high] = [remedy, middle];
    else low = middle;
  }
  return best;
}

/** Layers that may run on this node's place alone: the fewest of them, from either end, that another place must be allowed to take. */
function moveAway(instance: Instance, node: number, attempt: Attempt): Remedy[] {
  const mayRun = (place: number, layer: number) => instance.processors.some((processor) => processor.place === place && processor.allowedUntil[layer]! > layer);
  const bound = Array.from({ length: instance.layerCount }, (_, layer) => layer).filter((layer) => mayRun(node, layer) && instance.places.every((_, place) => place === node || !mayRun(place, layer)));
  const [from, to] = [bound[0], (bound.at(-1) ?? -1) + 1];
  if (from === undefined) return [];
  for (let count = 1; count <= to - from; count++)
    for (const range of [{ from: to - count, to }, { from, to: from + count }])
      for (const place of instance.places.keys()) {
        const remedy = place === node ? null : attempt({ kind: "allow", place, ...range });
        if (remedy) return [remedy];
      }
  return [];
}

/** The shortest run of layers, from the model's begin or end, that the place must be allowed to take. */
function fewestLayers(instance: Instance, place: number, attempt: Attempt): Remedy[] {
  const n = instance.layerCount;
  let [low, high] = [0, n];
  let best = attempt({ kind: "allow", place, from: 0, to: n });
  const either = (count: number) => attempt({ kind: "allow", place, from: 0, to: count }) ?? attempt({ kind: "allow", place, from: n - count, to: n });
  while (best && high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    const remedy = either(middle);
    if (remedy) [best, high] = [remedy, middle];
    else low = middle;
  }
  return best ? [best] : [];
}

/** Between places that are trusted themselves. */
function untrustedWays({ places, hops, trust }: Instance): Change[] {
  const isTrusted = (place: number) => trust?.places[place] !== 0;
  return Array.from(hops.way).flatMap((way, hop): Change[] => {
    const [from, to] = [Math.floor(hop / places.length), hop % places.length];
    return way === 1 && isTrusted(from) && isTrusted(to) ? [{ kind: "trust-way", from, to }] : [];
  });
}

/** The least that any plan reaches under the other constraints: what is limited becomes the objective. */
function leastLimit(request: SearchRequest, { limit, solve }: { limit: "latency-limit" | "bottleneck-limit"; solve: Solve }): Remedy | null {
  const lifted = applyChange(request, { kind: limit, limitMs: Number.POSITIVE_INFINITY });
  const { moving: _, ...rest } = lifted;
  const best = solve({ ...rest, objective: limit === "bottleneck-limit" ? { kind: "bottleneck" } : { kind: "additive", weights: { latencyMs: 1, varianceMs2: 0, joules: 0, money: 0, grams: 0 } } });
  if (!best.stages) return null;
  // A hair more than the least, so that rounding does not take the plan away again.
  const change: Change = { kind: limit, limitMs: best.cost * (1 + 1e-6) };
  const outcome = solve({ ...applyChange(request, change), seeds: [best.stages] });
  return outcome.stages ? { change, cost: outcome.cost } : null;
}

/** The shortest latency that can be promised to that share of the requests: what is promised becomes the objective. */
function leastPromise(request: SearchRequest, solve: Solve): Remedy | null {
  const { slo } = request.instance.limits;
  if (!slo) return null;
  const { moving: _, ...rest } = applyChange(request, { kind: "slo", limitMs: Number.POSITIVE_INFINITY });
  const best = solve({ ...rest, objective: { kind: "demand", figure: { share: slo.share } } });
  if (!best.stages) return null;
  // Told to a tenth of a percent, upwards: a wait is not known as well.
  const change: Change = { kind: "slo", limitMs: Number((best.cost * (1 + PROMISE_STEP)).toPrecision(4)) };
  const outcome = solve({ ...applyChange(request, change), seeds: [best.stages] });
  return outcome.stages ? { change, cost: outcome.cost } : null;
}

/** Bisection: fewer requests never take a plan away. */
function mostDemand({ instance: { limits } }: SearchRequest, attempt: Attempt): Remedy | null {
  const asked = limits.perSecond ?? 0;
  let [low, high] = [0, asked];
  let best: Remedy | null = null;
  for (let halving = 0; halving < DEMAND_HALVINGS && high - low > asked * DEMAND_STEP; halving++) {
    const middle = (low + high) / 2;
    const remedy = attempt({ kind: "demand", perSecond: Number(middle.toPrecision(3)) });
    if (remedy) [best, low] = [remedy, middle];
    else high = middle;
  }
  return best;
}
