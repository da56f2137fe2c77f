// Owns how an objective becomes one additive cost: what a stage and a hop add to it. Latency, energy, money, carbon and any weighted mix of them are of this form;
// so is the cost of moving there (weights that a node does not hold yet).
import type { Instance } from "../instance.ts";

/** Cost units per unit of each quantity. */
export type Weights = { latencyMs: number; varianceMs2: number; joules: number; money: number; grams: number };
export const LATENCY_WEIGHTS: Weights = { latencyMs: 1, varianceMs2: 0, joules: 0, money: 0, grams: 0 };

/** Cost of stage [i, j) on p = fixed[p] + upTo[p][j] − before[p][i]; of a hop at position j = hopFixed + bytes × hopPerByte + bytes² × hopPerByte2 (row-major over places). */
export type AdditiveCosts = {
  fixed: Float64Array;
  upTo: Float64Array[];
  before: Float64Array[];
  hopFixed: Float64Array;
  hopPerByte: Float64Array;
  hopPerByte2: Float64Array;
  constant: number;
};

/**
 * Costs of the objective. `moving[p][j]` (optional, length n + 1, cumulative) is what it would cost to bring layers [0, j) to processor p:
 * κ · weight bytes / bandwidth for those that are not there, in cost units.
 */
export function additiveCosts(instance: Instance, weights: Weights, moving?: readonly (Float64Array | null)[]): AdditiveCosts {
  const { hops, processors } = instance;
  const upTo: Float64Array[] = [];
  const before: Float64Array[] = [];
  const fixed = new Float64Array(processors.length);
  for (const [p, processor] of processors.entries()) {
    const perMs = weights.latencyMs + weights.joules * processor.joulesPerMs + weights.money * processor.moneyPerMs + weights.grams * processor.gramsPerMs;
    const extra = moving?.[p] ?? null;
    const variance = weights.varianceMs2 > 0 ? processor.varianceUpToMs2 : null;
    const add = (base: Float64Array) => base.map((ms, j) => ms * perMs + (extra?.[j] ?? 0) + (variance ? weights.varianceMs2 * variance[j]! : 0));
    fixed[p] = processor.stageMs * perMs;
    upTo.push(add(processor.upToMs));
    before.push(add(processor.beforeMs));
  }
  return {
    fixed,
    upTo,
    before,
    hopFixed: hops.fixedMs.map((ms, index) => ms * weights.latencyMs + weights.varianceMs2 * hops.fixedVarianceMs2[index]!),
    hopPerByte: hops.perByteMs.map((ms, index) => ms * weights.latencyMs + weights.joules * hops.joulesPerByte[index]! + weights.money * hops.moneyPerByte[index]! + weights.grams * hops.gramsPerByte[index]!),
    hopPerByte2: hops.perByteVarianceMs2.map((variance) => variance * weights.varianceMs2),
    constant: instance.constantMs * weights.latencyMs,
  };
}

/** Cost of a hop between two places at position `at`, Infinity where it may not be taken (no way, or tainted values over an untrusted one). */
export function hopCost(instance: Instance, costs: AdditiveCosts, from: number, to: number, at: number): number {
  const index = from * instance.places.length + to;
  const way = instance.hops.way[index]!;
  if (way === 0 || (way === 1 && instance.tainted[at] === 1)) return Number.POSITIVE_INFINITY;
  const bytes = instance.crossingBytes[at]!;
  return costs.hopFixed[index]! + bytes * costs.hopPerByte[index]! + bytes * bytes * costs.hopPerByte2[index]!;
}
