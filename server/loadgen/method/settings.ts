// Owns what is asked of a run, and what follows from it. Names and rules are LoadGen's (mlcommons/inference, loadgen/test_settings.h), units ours.

export const SCENARIOS = ["SingleStream", "MultiStream", "Server", "Offline"] as const;
export type Scenario = (typeof SCENARIOS)[number];
export type Mode = "PerformanceOnly" | "AccuracyOnly";
/** How a performance run picks samples: drawn, each once, always the same one, or as often as every other. */
export type Picking = "drawn" | "unique" | "same" | "equal";

export type Seeds = { qsl: bigint; sampleIndex: bigint; schedule: bigint };
/** Published with LoadGen for its submission rounds. */
export const OFFICIAL_SEEDS: Seeds = { qsl: 2085463073848966840n, sampleIndex: 2747215439041700203n, schedule: 16159082839903944936n };

/** Shortest run, seconds: those of MLPerf Mobile ("rapid", "quick", "normal") and of the data centre's rules ("official"). */
export const TIERS = { rapid: 6, quick: 10, normal: 60, official: 600 } as const;
export type Tier = keyof typeof TIERS;

export type RunSettings = {
  scenario: Scenario;
  mode: Mode;
  /** Server: arrivals per second. Offline: samples per second expected. SingleStream and MultiStream: 10⁹ / expected latency of a query. */
  targetQps: number;
  /** Server: the bound on the percentile below. 0 elsewhere: no bound. */
  targetLatencyNs: number;
  /** 0 to 1. */
  targetPercentile: number;
  /** MultiStream only; 1 elsewhere. */
  samplesPerQuery: number;
  minDurationMs: number;
  /** 0 = none. */
  maxDurationMs: number;
  minQueryCount: number;
  /** 0 = none. */
  maxQueryCount: number;
  /** Server: more unanswered than this ends the run. */
  maxAsyncQueries: number;
  picking: Picking;
  /** Position in the loaded set, for picking "same". */
  sameIndex: number;
  /** Samples the library has, and how many of them a performance run loads. */
  totalSampleCount: number;
  performanceSampleCount: number;
  seeds: Seeds;
};

export type EffectiveSettings = RunSettings & { /** How long a schedule must reach; Offline has one query. */ targetDurationMs: number; minSampleCount: number; /** As it was asked for: in Offline it becomes the size of the one query. */ requestedMinQueryCount: number };

/** Offline asks for a little more than is expected to fit, so that the run is not too short. */
const OFFLINE_SLACK = 1.1;

export function resolveSettings(asked: RunSettings): EffectiveSettings {
  // Only in Server a query leaves before the one before it is answered.
  const settings = { ...asked, maxAsyncQueries: asked.scenario === "Server" ? asked.maxAsyncQueries : 1, requestedMinQueryCount: asked.minQueryCount };
  if (settings.scenario !== "Offline") return { ...settings, targetDurationMs: settings.minDurationMs, minSampleCount: settings.minQueryCount * settings.samplesPerQuery };
  const expected = Math.trunc(OFFLINE_SLACK * (settings.minDurationMs / 1000) * settings.targetQps);
  const whole = settings.picking === "unique" || settings.picking === "same";
  const samplesPerQuery = whole ? settings.performanceSampleCount : Math.max(settings.minQueryCount, expected);
  return { ...settings, samplesPerQuery, minQueryCount: 1, targetDurationMs: 0, minSampleCount: samplesPerQuery };
}
