// Owns what a device class is known to reach: from models measured on it, the rates of a roofline for models that were not.
import { layerRoofline, REFERENCE_RATES } from "./estimate-profile.ts";
import type { ModelFacts } from "./model.ts";
import type { Profile } from "./profile.ts";

export type DeviceRates = { flopsPerSecond: number; memoryBytesPerSecond: number; /** Of starting one op. */ opStartMs: number };
/** Of one measured model: how long its layers took that the reference roofline says are bound by computing, by memory; and how long it says. */
export type ReachedPace = { modelId: string; computeMs: number; computeReferenceMs: number; memoryMs: number; memoryReferenceMs: number };

/** A kind of layer that is less than this of all measured time says little of its rate: the other's pace stands for both. */
const LEAST_SHARE = 0.05;

export function reachedPace(modelId: string, facts: Pick<ModelFacts, "layers">, measured: Pick<Profile, "layerMs">): ReachedPace {
  const pace: ReachedPace = { modelId, computeMs: 0, computeReferenceMs: 0, memoryMs: 0, memoryReferenceMs: 0 };
  for (const [index, layer] of facts.layers.entries()) {
    const { bound, ms } = layerRoofline(layer, REFERENCE_RATES);
    pace[`${bound}Ms`] += measured.layerMs[index] ?? 0;
    pace[`${bound}ReferenceMs`] += ms;
  }
  return pace;
}

/** Null when no model says anything. */
export function deviceRates(paces: readonly ReachedPace[]): DeviceRates | null {
  const sum = (of: (pace: ReachedPace) => number) => paces.reduce((total, pace) => total + of(pace), 0);
  const [computeMs, memoryMs] = [sum((pace) => pace.computeMs), sum((pace) => pace.memoryMs)];
  const [computeReferenceMs, memoryReferenceMs] = [sum((pace) => pace.computeReferenceMs), sum((pace) => pace.memoryReferenceMs)];
  const all = (computeMs + memoryMs) / (computeReferenceMs + memoryReferenceMs);
  if (!(all > 0) || !Number.isFinite(all)) return null;
  const slower = (ms: number, referenceMs: number) => (ms > LEAST_SHARE * (computeMs + memoryMs) && referenceMs > 0 ? ms / referenceMs : all);
  return {
    flopsPerSecond: REFERENCE_RATES.flopsPerSecond / slower(computeMs, computeReferenceMs),
    memoryBytesPerSecond: REFERENCE_RATES.memoryBytesPerSecond / slower(memoryMs, memoryReferenceMs),
    opStartMs: REFERENCE_RATES.opStartMs * all,
  };
}
