// Pure: how two planners compare over a set of instances.
import { seededRandom } from "../../server/model/seeded-random.ts";

/** Relative difference below which two costs are one. */
const TIE = 1e-6;
const RESAMPLES = 2000;

export type Comparison = {
  /** Instances on which each is cheaper; ties; and where only ours, only theirs, or neither has a plan. */
  wins: number;
  ties: number;
  losses: number;
  onlyOurs: number;
  onlyTheirs: number;
  neither: number;
  /** Geometric mean of theirs / ours where both have a plan, with its 95 % bootstrap interval; NaN where none has both. */
  ratio: number;
  low: number;
  high: number;
  worst: number;
};

/** Costs are Infinity without a plan. */
export function compareCosts(pairs: readonly { ours: number; theirs: number }[]): Comparison {
  const both = pairs.filter(({ ours, theirs }) => Number.isFinite(ours) && Number.isFinite(theirs));
  const logs = both.map(({ ours, theirs }) => Math.log(theirs / ours));
  const [low, high] = bootstrap(logs);
  const count = (holds: (pair: { ours: number; theirs: number }) => boolean) => pairs.filter(holds).length;
  return {
    wins: both.filter(({ ours, theirs }) => ours < theirs * (1 - TIE)).length,
    ties: both.filter(({ ours, theirs }) => Math.abs(ours - theirs) <= TIE * Math.max(ours, theirs)).length,
    losses: both.filter(({ ours, theirs }) => theirs < ours * (1 - TIE)).length,
    onlyOurs: count(({ ours, theirs }) => Number.isFinite(ours) && !Number.isFinite(theirs)),
    onlyTheirs: count(({ ours, theirs }) => !Number.isFinite(ours) && Number.isFinite(theirs)),
    neither: count(({ ours, theirs }) => !Number.isFinite(ours) && !Number.isFinite(theirs)),
    ratio: Math.exp(mean(logs)), low: Math.exp(low), high: Math.exp(high), worst: Math.exp(Math.min(...logs)),
  };
}

/** Percentile interval of the mean, resampled with a fixed seed. */
export function bootstrap(values: readonly number[]): [number, number] {
  if (values.length === 0) return [Number.NaN, Number.NaN];
  const random = seededRandom(1);
  const means = Array.from({ length: RESAMPLES }, () => mean(values.map(() => values[Math.floor(random() * values.length)]!))).sort((a, b) => a - b);
  return [means[Math.floor(0.025 * RESAMPLES)]!, means[Math.floor(0.975 * RESAMPLES)]!];
}

export function mean(values: readonly number[]): number {
  return values.length === 0 ? Number.NaN : values.reduce((sum, value) => sum + value, 0) / values.length;
}
