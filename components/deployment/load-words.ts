// Owns how a load run is said. Pure.
import type { GradeRule } from "../../server/loadgen/method/accuracy-report.ts";
import type { Dataset, DatasetFacts } from "../../server/loadgen/method/dataset.ts";
import type { LoadReport } from "../../server/loadgen/method/load-report.ts";
import { TIERS, type Scenario, type Tier } from "../../server/loadgen/method/settings.ts";
import type { LoadRequest } from "../../server/loadgen/method/load-request.ts";
import { digits, ms, written } from "../format.ts";

export const SCENARIO_HINTS: Record<Scenario, string> = {
  SingleStream: "One query after the other: how fast is one?",
  MultiStream: "One query of several samples after the other.",
  Server: "Arrivals at random times, kept up whether or not earlier ones are answered.",
  Offline: "All samples at once: how many a second?",
};
export const TIER_NAMES: Record<Tier, string> = { rapid: "6 s, rapid", quick: "10 s, quick", normal: "60 s, normal", official: "600 s, official" };

const NOTHING = "–";
export const nsText = (ns: number | null | undefined): string => (ns === null || ns === undefined ? NOTHING : written(ms(ns / 1e6)));
export const rateText = (perSecond: number | null | undefined): string => (perSecond === null || perSecond === undefined ? NOTHING : `${digits(perSecond)} /s`);

/** Of a share from 0 to 1, with one digit more than whole percents have. */
export const shareText = (share: number): string => `${(share * 100).toFixed(1)} %`;
/** "−1.5 points". */
export const pointsText = (by: number): string => `${by < 0 ? "−" : "+"}${Math.abs(by * 100).toFixed(1)} points`;
/** "92.0 % of 50 right". */
export const rightText = (right: number, asked: number): string => `${shareText(right / asked)} of ${asked} right`;
/** What is right, by how answers were held against labels. */
export const RULE_TEXTS: Record<GradeRule, string> = {
  text: "Right: the same text, spaces at its ends aside.",
  class: "Right: the best class is the label’s.",
  number: "Right: the same number, within its type’s precision.",
  embedding: "Right: of all labels, the mean of the other samples of its own is nearest to its embedding.",
};
const FORM_TEXTS: Record<DatasetFacts["form"], string> = { raw: "for the model’s processor", tensors: "of tensors", texts: "of text", requests: "of OpenAI’s requests" };
/** "12 samples for the model’s processor; labels are texts, 3 different". */
export function factsText({ sampleCount, form, labels, labelCount }: DatasetFacts): string {
  return `${sampleCount} sample${sampleCount === 1 ? "" : "s"} ${FORM_TEXTS[form]}; labels are ${labels}, ${labelCount} different.`;
}

/** "Server, 50 /s within 100 ms, 6 s". */
export function requestText({ scenario, what, tier, qps, latencyMs, samplesPerQuery, dataset }: LoadRequest): string {
  if (what === "accuracy") return `Accuracy on ${dataset?.name ?? "a dataset"}`;
  const load = scenario === "Server" ? `, ${what === "peak" ? "peak from " : ""}${digits(qps ?? 0)} /s within ${digits(latencyMs ?? 0)} ms` : scenario === "MultiStream" ? `, ${samplesPerQuery ?? 8} a query` : "";
  return `${scenario}${load}${what === "reuse" ? ", check for reuse" : `, ${TIERS[tier]} s`}`;
}

/** What decides, first. How accurate is good enough is not ours to say. */
export function headline({ verdict, peak, reuse, accuracy }: LoadReport): { tone: "ok" | "warn" | "bad" | "idle"; text: string } {
  if (accuracy?.graded) return accuracy.asked === 0 ? { tone: "bad", text: "Nothing was asked" } : { tone: verdict.isEverythingAnswered ? "idle" : "warn", text: rightText(accuracy.correct, accuracy.asked) };
  if (peak) return peak.qps === null ? { tone: "bad", text: `No peak: ${peak.why}` } : { tone: "ok", text: `Peak ${digits(peak.qps)} /s` };
  if (reuse) return reuse.isReusing ? { tone: "bad", text: "Results are reused" } : { tone: "ok", text: "No reuse of results seen" };
  return verdict.isValid ? { tone: "ok", text: "VALID" } : { tone: "bad", text: "INVALID" };
}

/** Why a run is not VALID; early stopping's own lines last. */
export function reasons({ verdict, peak, reuse, accuracy }: LoadReport): string[] {
  if (accuracy?.graded) return accuracy.graded.notes;
  if (verdict.isValid || peak || reuse) return [];
  return [...verdict.recommendations, ...(verdict.isEarlyStoppingMet || verdict.earlyStopping === "" ? [] : [verdict.earlyStopping.replace(/^ \* /gm, "").replaceAll("\n", " ")])];
}

/** `concurrency`: of an accuracy run, samples under way at once. */
export type FormValues = { scenario: Scenario; what: LoadRequest["what"]; tier: Tier; qps: string; latencyMs: string; concurrency: string };
export const FIRST_VALUES: FormValues = { scenario: "Server", what: "run", tier: "rapid", qps: "5", latencyMs: "1000", concurrency: "4" };

/** Of a query where one follows the other: only how many are prepared depends on it, and too many do no harm. */
const EXPECTED_MS = 1;
/** As the API takes it. */
const MAX_CONCURRENCY = 1024;

/** null = a number, or the dataset of an accuracy run, is missing or none. */
export function toRequest({ scenario, what, tier, qps, latencyMs, concurrency }: FormValues, dataset: Dataset | null = null): LoadRequest | null {
  if (what === "accuracy") {
    const atOnce = Number(concurrency);
    if (dataset === null || !Number.isInteger(atOnce) || atOnce < 1 || atOnce > MAX_CONCURRENCY) return null;
    return { scenario: "Offline", what, tier: "rapid", concurrency: atOnce, dataset: { name: dataset.name, digest: dataset.digest } };
  }
  const needsRate = scenario === "Server" || scenario === "Offline";
  const rate = Number(qps);
  const bound = Number(latencyMs);
  const isServer = scenario === "Server";
  if ((needsRate && !(rate > 0)) || (isServer && !(bound > 0))) return null;
  return { scenario, what: isServer || what !== "peak" ? what : "run", tier, ...(needsRate ? { qps: rate } : {}), ...(isServer ? { latencyMs: bound } : scenario === "Offline" ? {} : { latencyMs: EXPECTED_MS }) };
}
