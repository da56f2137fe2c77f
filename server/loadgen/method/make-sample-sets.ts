// Owns which samples are loaded together: the library's indices in the order of the first seed, cut into sets.
import { createMt19937 } from "./mt19937.ts";
import type { EffectiveSettings } from "./settings.ts";
import { shuffle } from "./shuffle.ts";

export type SampleSet = { /** Library indices; in MultiStream its first ones follow again, so that every start has successors. */ indices: number[]; /** Without those. */ drawnFrom: number };

/** A performance run uses the first; an accuracy run all, one after the other. */
export function makeSampleSets(settings: EffectiveSettings): SampleSet[] {
  // LoadGen 6 knows only as many samples in a performance run as it loads: its traces have no other index.
  const known = settings.mode === "PerformanceOnly" ? Math.min(settings.totalSampleCount, settings.performanceSampleCount) : settings.totalSampleCount;
  const all = Array.from({ length: known }, (_, index) => index);
  shuffle(all, createMt19937(settings.seeds.qsl));
  const padding = settings.scenario === "MultiStream" ? settings.samplesPerQuery - 1 : 0;
  const sets: SampleSet[] = [];
  for (let at = 0; at < all.length; at += settings.performanceSampleCount) {
    const indices = all.slice(at, at + settings.performanceSampleCount);
    const drawnFrom = indices.length;
    for (let i = 0; i < padding; i++) indices.push(indices[i]!);
    sets.push({ indices, drawnFrom });
  }
  return sets;
}
