// Owns what a run leaves behind, before anything is judged. Times in nanoseconds since the run's start.
import type { EffectiveSettings } from "./settings.ts";

export type RunRecord = {
  settings: EffectiveSettings;
  /** Of the queries issued, in order. */
  scheduledNs: number[];
  issuedNs: number[];
  /** When a query's last sample was answered. */
  doneNs: number[];
  /** Of each sample of those queries, by sequence: answered − scheduled, so that a late sender or a busy system cannot hide a wait. */
  sampleLatenciesNs: number[];
  /** Library index of each. */
  sampleIndices: number[];
  /** The prepared queries ended before the run might. */
  ranOut: boolean;
  /** Why the run ended before its time, in a sentence; null = it did not. */
  cutShort: string | null;
  /** It came to its greatest length or number of queries: what LoadGen says then; null = it did not. It ends as it was asked to, and may be VALID. */
  endedEarly: string | null;
  failedCount: number;
  /** What the first failed sample was answered with. */
  firstFailure: string | null;
  /** How late the harness itself was, 99th percentile; null = not measured. */
  harnessLagP99Ns: number | null;
  /** Streamed answers only, by sequence: first token − scheduled, and how many came. */
  tokens: { firstNs: number[]; counts: number[] } | null;
};

/** Which query a sample belongs to. All of Offline is one, whatever an accuracy run puts into it. */
export function queryOf({ settings }: RunRecord, sequence: number): number {
  return settings.scenario === "Offline" ? 0 : Math.floor(sequence / settings.samplesPerQuery);
}

/** Tokens of all streamed answers; null = none was streamed. */
export function tokenCountOf({ tokens }: RunRecord): number | null {
  // Of a failed sample there is no entry.
  return tokens === null ? null : tokens.counts.reduce((sum, count) => sum + count, 0);
}
