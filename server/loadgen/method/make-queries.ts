// Owns the trace of a run: which samples each query has and when it is due, index for index and nanosecond for nanosecond as LoadGen 6 makes it.
import { drawGapNs } from "./draw-gap.ts";
import { drawIndex } from "./draw-index.ts";
import type { SampleSet } from "./make-sample-sets.ts";
import { createMt19937, type Random } from "./mt19937.ts";
import type { EffectiveSettings } from "./settings.ts";
import { shuffle } from "./shuffle.ts";

export type Query = { /** Library indices. */ samples: number[]; /** Since the run's start. */ scheduledNs: number };
/** `durationNs`: when the query after the last one would be due. */
export type Trace = { queries: Query[]; durationNs: number };

/** Keeps a wrong expected latency from filling memory: a day at 200 queries/s. */
const MAX_SAMPLES = 20_000_000;

/** @throws Error when the settings ask for more than MAX_SAMPLES */
export function makeQueries(settings: EffectiveSettings, set: SampleSet): Query[] {
  return makeTrace(settings, set).queries;
}

/** @throws as makeQueries */
export function makeTrace(settings: EffectiveSettings, set: SampleSet): Trace {
  const { scenario, mode } = settings;
  const isOffline = scenario === "Offline";
  const isAccuracy = mode === "AccuracyOnly";
  const perQuery = isOffline && isAccuracy ? set.drawnFrom : settings.samplesPerQuery;
  const isWhole = isAccuracy || settings.picking === "unique" || settings.picking === "same";
  // Twice as many as expected, in case the system is faster; a Server run lasts as long as its schedule.
  const untilNs = isWhole ? 0 : (scenario === "Server" ? 1 : 2) * settings.targetDurationMs * 1e6;
  let atLeast = isWhole ? Math.floor(set.indices.length / perQuery) : settings.minQueryCount;
  if (settings.picking === "equal" && !isOffline) atLeast = Math.ceil(atLeast / set.indices.length) * set.indices.length;
  const expected = Math.max(atLeast, (untilNs / 1e9) * settings.targetQps) * perQuery;
  if (!(expected <= MAX_SAMPLES)) throw new Error(`The run would need about ${Math.round(expected).toLocaleString("en")} samples; ${MAX_SAMPLES.toLocaleString("en")} are the limit. Shorten it, or correct the expected rate or latency.`);

  const sampleRandom = createMt19937(settings.seeds.sampleIndex);
  const scheduleRandom = createMt19937(settings.seeds.schedule);
  const start = pickStarts(settings, set, scenario === "MultiStream" ? perQuery : 1, atLeast, sampleRandom);
  const periodNs = Math.trunc(1e9 / settings.targetQps);
  const queries: Query[] = [];
  let dueNs = 0;
  for (let previousNs = 0; previousNs < untilNs || queries.length < atLeast; ) {
    queries.push({ samples: isOffline ? fill(settings, set, perQuery) : Array.from({ length: perQuery }, takeFrom(settings, set, start)), scheduledNs: dueNs });
    previousNs = dueNs;
    dueNs += scenario === "Server" ? drawGapNs(scheduleRandom, settings.targetQps) : periodNs;
  }
  return { queries, durationNs: dueNs };
}

/** MultiStream draws where a query starts, and takes what follows there. */
function takeFrom(settings: EffectiveSettings, set: SampleSet, start: () => number): () => number {
  if (settings.scenario !== "MultiStream") return () => set.indices[start()]!;
  let at = start();
  return () => set.indices[at++]!;
}

/** All three ways of picking draw from one generator, used or not: LoadGen shuffles for each before the first query. */
function pickStarts(settings: EffectiveSettings, set: SampleSet, stride: number, atLeast: number, random: Random): () => number {
  const once = settings.mode === "AccuracyOnly" ? inTurn(positions(set.drawnFrom, stride), random) : null;
  const unique = inTurn(positions(set.drawnFrom, stride), random);
  const rounds: number[] = [];
  const round = positions(set.indices.length, 1);
  for (let drawn = 0; drawn < atLeast; drawn += round.length) {
    shuffle(round, random);
    if (settings.picking === "equal") rounds.push(...round);
  }
  if (once) return once;
  if (settings.picking === "unique") return unique;
  if (settings.picking === "same") return () => settings.sameIndex;
  if (settings.picking === "drawn") return () => drawIndex(random, set.drawnFrom);
  let at = 0;
  return () => rounds[at++ % rounds.length]!;
}

function positions(count: number, stride: number): number[] {
  return Array.from({ length: Math.ceil(count / stride) }, (_, i) => i * stride);
}

function inTurn(order: number[], random: Random): () => number {
  shuffle(order, random);
  let at = 0;
  return () => order[at++]!;
}

/** One query of all samples: the set again and again. */
function fill(settings: EffectiveSettings, set: SampleSet, count: number): number[] {
  if (settings.picking === "same" && settings.mode === "PerformanceOnly") return new Array<number>(count).fill(set.indices[settings.sameIndex]!);
  return Array.from({ length: count }, (_, i) => set.indices[i % set.indices.length]!);
}
