// Owns when a measured figure has left its prediction: a two-stage sequential test on log ratios, with hysteresis. Pure; JSON-serialisable state.
// Page's cumulative sum (E. S. Page, "Continuous inspection schemes", Biometrika 1954): g ← max(0, g + x − k), alarm when g > h. For a step of
// known size it has the least worst-case delay among all tests with so few false alarms (Lorden 1971; Moustakides 1986). Here
// x = ln(measured / predicted) − bias, k = the spread of x (so a step of twice that is what it is tuned to) and h = 6 spreads: by Siegmund's approximation
// a false alarm is then expected once in (e^(2·7.17) − 15.3) / 2 ≈ 850,000 samples of independent normal noise. Bias and spread are learnt while
// nothing is wrong (self-starting, Hawkins 1987), and fewer samples raise h. The way back is the mirror test around half the level: what is
// between the two changes nothing.

export type Signal = {
  /** What a healthy ratio is here, as a logarithm, and samples behind it. A prediction that is 20 % off for ever is no drift. */
  bias: number;
  samples: number;
  /** Squared spread of x, from differences of neighbours, so that a step hardly counts. */
  variance: number;
  last: number | null;
  lastAtMs: number;
  up: number;
  upSinceMs: number | null;
  upSum: number;
  upCount: number;
  down: number;
  /** `level`: how much slower than healthy, as a logarithm. */
  alarm: { sinceMs: number; level: number } | null;
};

/** Learnt before anything may be called a drift. */
const WARM_UP_SAMPLES = 8;
/** A prediction that is worse than this from the start is drift and not bias: 1.65 times slower, half as slow. */
const MOST_BIAS = 0.5;
const LEAST_BIAS = -0.7;
/** After so many samples old ones are forgotten. */
const BIAS_MEMORY = 60;
const LEAST_SPREAD = 0.03;
const MOST_SPREAD = 0.4;
const LEAST_ALLOWANCE = 0.1;
/** After so few, h is twice what it will be. */
const CAUTIOUS_SAMPLES = 12;
const LEAST_THRESHOLD = 0.5;
const THRESHOLD_SPREADS = 6;
/** What one sample may add at most, of the threshold: a single stall is no evidence. Two whole ones are, and one with a half: a second may have begun before the step. */
const MOST_PER_SAMPLE = 0.75;
/** What a difference of neighbours counts for the spread at most, in spreads: a step is not noise, and after some of them the next one must not be found later. */
const MOST_DIFFERENCE_SPREADS = 4;
/** Spread taken for granted at first, and the samples that this weighs. */
const FIRST_SPREAD = 0.15;
const FIRST_SPREAD_WEIGHT = 8;
const LEVEL_WEIGHT = 0.2;

export const NEW_SIGNAL: Signal = { bias: 0, samples: 0, variance: FIRST_SPREAD ** 2, last: null, lastAtMs: 0, up: 0, upSinceMs: null, upSum: 0, upCount: 0, down: 0, alarm: null };

export function spreadOf(signal: Signal): number {
  return Math.min(MOST_SPREAD, Math.max(LEAST_SPREAD, Math.sqrt(signal.variance)));
}

/** `ratio` = measured / predicted, above 0. `cleared`: milliseconds that the alarm lasted, when this sample ended it. */
export function addToSignal(before: Signal, ratio: number, atMs: number): { signal: Signal; cleared: number | null } {
  if (!(ratio > 0) || !Number.isFinite(ratio)) return { signal: before, cleared: null };
  const raw = Math.log(ratio);
  const signal = { ...before, last: raw, lastAtMs: atMs };
  if (before.last !== null) {
    const difference = Math.min(MOST_DIFFERENCE_SPREADS * spreadOf(before), Math.abs(raw - before.last));
    const weight = Math.max(1 / (before.samples + FIRST_SPREAD_WEIGHT), 1 / BIAS_MEMORY);
    signal.variance = before.variance + weight * (difference ** 2 / 2 - before.variance);
  }
  return before.alarm === null ? { signal: whileQuiet(signal, raw, atMs), cleared: null } : whileAlarmed(signal, before.alarm, raw, atMs);
}

function thresholds(signal: Signal): { allowance: number; threshold: number } {
  const spread = spreadOf(signal);
  // Few samples are a reason to be slow to call it a drift, and none to hold on to one: while it lasts nothing is learnt that could make them more.
  const caution = signal.alarm ? 1 : 1 + (CAUTIOUS_SAMPLES / Math.max(1, signal.samples)) ** 1.5;
  return { allowance: Math.max(LEAST_ALLOWANCE, spread), threshold: Math.max(LEAST_THRESHOLD, THRESHOLD_SPREADS * spread) * caution };
}

function whileQuiet(signal: Signal, raw: number, atMs: number): Signal {
  const { allowance, threshold } = thresholds(signal);
  const x = raw - signal.bias;
  const up = signal.samples < WARM_UP_SAMPLES && Math.abs(raw) <= MOST_BIAS ? 0 : Math.max(0, signal.up + Math.min(MOST_PER_SAMPLE * threshold, x - allowance));
  if (up > threshold) {
    const level = (signal.upSum + x) / (signal.upCount + 1);
    return { ...signal, up: 0, upSinceMs: null, upSum: 0, upCount: 0, down: 0, alarm: { sinceMs: signal.upSinceMs ?? atMs, level } };
  }
  // What climbs is evidence of drift, and must not be learnt as healthy.
  if (up > threshold / 3) return { ...signal, up, upSinceMs: signal.upSinceMs ?? atMs, upSum: signal.upSum + x, upCount: signal.upCount + 1 };
  const weight = Math.max(1 / (signal.samples + 1), 1 / BIAS_MEMORY);
  const bias = Math.min(MOST_BIAS, Math.max(LEAST_BIAS, signal.bias + weight * x));
  const climbs = up > 0 ? { upSinceMs: signal.upSinceMs ?? atMs, upSum: signal.upSum + x, upCount: signal.upCount + 1 } : { upSinceMs: null, upSum: 0, upCount: 0 };
  return { ...signal, ...climbs, up, bias, samples: signal.samples + 1 };
}

function whileAlarmed(signal: Signal, alarm: { sinceMs: number; level: number }, raw: number, atMs: number): { signal: Signal; cleared: number | null } {
  const { allowance, threshold } = thresholds(signal);
  const x = raw - signal.bias;
  const middle = Math.max(allowance, alarm.level / 2);
  const down = Math.max(0, signal.down + Math.min(MOST_PER_SAMPLE * threshold, Math.max(-MOST_PER_SAMPLE * threshold, middle - x)));
  if (down > threshold) return { signal: { ...signal, alarm: null, down: 0, up: 0, upSinceMs: null, upSum: 0, upCount: 0 }, cleared: atMs - alarm.sinceMs };
  // While it may be ending the level stays: else the middle would follow it down.
  const level = down > 0 ? alarm.level : alarm.level + LEVEL_WEIGHT * (x - alarm.level);
  return { signal: { ...signal, down, alarm: { ...alarm, level } }, cleared: null };
}

/** How many times slower than predicted it is now: the bias alone while nothing is wrong. */
export function slowdownOf(signal: Signal): number {
  return Math.exp(signal.bias + (signal.alarm?.level ?? 0));
}
