// Owns how a deployment's serving settings become fields and back. Pure: what a field says wrong is told beside it, in words.
import { DEFAULT_MAX_DIFFERENT_RATIO, DEFAULT_WATCH_MS } from "../../server/policy/canary.ts";
import type { ServingSettings } from "../api.ts";
import { type PaddedModel, paddingOf, paddingTexts } from "./padding-form.ts";

/** Texts of the fields, as typed. Batching and limits of keys keep theirs while they are off. */
export type ServingFields = {
  joins: boolean; joinsWhenNeeded: boolean; maxSize: string; maxDelayMs: string; preferredSizes: string; maxQueues: string;
  pads: boolean; padDimensions: string; padValues: string;
  limitsKeys: boolean; requestsPerSecond: string; burst: string; keyInFlight: string;
  maxInFlight: string; defaultDeadlineMs: string; maxDeadlineMs: string;
  movesStreams: boolean; streamMinutes: string; stateMegabytes: string;
  tries: boolean; sharePercent: string; shadowPercent: string; errorPercent: string; differPercent: string; p99Ms: string; watchSeconds: string;
};
export type FieldName = Exclude<keyof ServingFields, "joins" | "joinsWhenNeeded" | "pads" | "limitsKeys" | "tries" | "movesStreams">;
export type FieldProblems = Partial<Record<FieldName, string>>;

/** What stands in fields that were never used: modest, so that switching on changes little. */
const FIRST = { maxSize: "8", maxDelayMs: "2", preferredSizes: "", maxQueues: "1", requestsPerSecond: "20", burst: "40", keyInFlight: "16", sharePercent: "10", shadowPercent: "0", errorPercent: "1", differPercent: "1", p99Ms: "", watchSeconds: "60" } as const;

export function fieldsOf({ batching, keyLimits, canary, streams, limits }: ServingSettings): ServingFields {
  return {
    joins: batching !== null, joinsWhenNeeded: batching?.whenNeeded ?? false,
    ...(batching ? { maxSize: `${batching.maxSize}`, maxDelayMs: `${batching.maxDelayMs}`, preferredSizes: batching.preferredSizes.join(", "), maxQueues: `${batching.maxQueues ?? 1}` } : { maxSize: FIRST.maxSize, maxDelayMs: FIRST.maxDelayMs, preferredSizes: FIRST.preferredSizes, maxQueues: FIRST.maxQueues }),
    pads: batching?.padding != null, ...paddingTexts(batching?.padding ?? null),
    limitsKeys: keyLimits !== null,
    ...(keyLimits ? { requestsPerSecond: `${keyLimits.requestsPerSecond}`, burst: `${keyLimits.burst}`, keyInFlight: `${keyLimits.maxInFlight}` } : { requestsPerSecond: FIRST.requestsPerSecond, burst: FIRST.burst, keyInFlight: FIRST.keyInFlight }),
    tries: canary !== null,
    ...(canary ? { sharePercent: percent(canary.share), shadowPercent: percent(canary.shadowShare), errorPercent: percent(canary.maxErrorRatio), differPercent: canary.maxDifferentRatio === null ? "" : percent(canary.maxDifferentRatio ?? DEFAULT_MAX_DIFFERENT_RATIO), p99Ms: canary.maxLatencyMsP99 === null ? "" : `${canary.maxLatencyMsP99}`, watchSeconds: `${(canary.watchMs ?? DEFAULT_WATCH_MS) / 1000}` } : { sharePercent: FIRST.sharePercent, shadowPercent: FIRST.shadowPercent, errorPercent: FIRST.errorPercent, differPercent: FIRST.differPercent, p99Ms: FIRST.p99Ms, watchSeconds: FIRST.watchSeconds }),
    movesStreams: streams.policy === "move", streamMinutes: `${streams.limitMs / 60_000}`, stateMegabytes: `${streams.maxStateBytes / 2 ** 20}`,
    maxInFlight: `${limits.maxInFlight}`, defaultDeadlineMs: `${limits.defaultDeadlineMs}`, maxDeadlineMs: `${limits.maxDeadlineMs}`,
  };
}

/** The settings the fields say, or what is wrong with which of them. Ranges are those of the API. `model`: what may be padded; null = not known here, the API will say. */
export function settingsOf(fields: ServingFields, model: PaddedModel | null = null): { settings: ServingSettings; problems: null } | { settings: null; problems: FieldProblems } {
  const problems: FieldProblems = {};
  const number = (name: FieldName, least: number, most: number, whole: boolean): number => {
    const value = fields[name].trim() === "" ? Number.NaN : Number(fields[name]);
    if (!Number.isFinite(value) || value < least || value > most || (whole && !Number.isInteger(value))) problems[name] = `A ${whole ? "whole " : ""}number from ${least} to ${most}.`;
    return value;
  };
  // What is as it would be without a word is left out.
  const shapes = (): Pick<NonNullable<ServingSettings["batching"]>, "maxQueues" | "padding"> => {
    const maxQueues = number("maxQueues", 1, 64, true);
    const { padding, problems: wrong } = fields.pads ? paddingOf(fields, model) : { padding: null, problems: null };
    Object.assign(problems, wrong);
    return { ...(maxQueues === 1 ? {} : { maxQueues }), ...(padding ? { padding } : {}) };
  };
  const batching = fields.joins ? { maxSize: number("maxSize", 2, 1024, true), maxDelayMs: number("maxDelayMs", 0, 1000, false), preferredSizes: sizes(fields.preferredSizes), ...shapes(), ...(fields.joinsWhenNeeded ? { whenNeeded: true } : {}) } : null;
  if (batching?.preferredSizes.some((size) => !Number.isInteger(size) || size < 2 || size > batching.maxSize)) problems.preferredSizes = `Whole numbers from 2 to ${fields.maxSize}, with commas between them.`;
  const keyLimits = fields.limitsKeys ? { requestsPerSecond: number("requestsPerSecond", 0.001, 1e6, false), burst: number("burst", 1, 1e6, true), maxInFlight: number("keyInFlight", 1, 65_536, true) } : null;
  const share = (name: FieldName) => Number((number(name, 0, 100, false) / 100).toPrecision(12));
  const beside = (): Pick<NonNullable<ServingSettings["canary"]>, "maxDifferentRatio" | "watchMs"> => {
    const maxDifferentRatio = fields.differPercent.trim() === "" ? null : share("differPercent");
    const watchMs = Math.round(number("watchSeconds", 0, 3600, false) * 1000);
    return { ...(maxDifferentRatio === DEFAULT_MAX_DIFFERENT_RATIO ? {} : { maxDifferentRatio }), ...(watchMs === DEFAULT_WATCH_MS ? {} : { watchMs }) };
  };
  const canary = fields.tries ? { share: share("sharePercent"), shadowShare: share("shadowPercent"), maxErrorRatio: share("errorPercent"), maxLatencyMsP99: fields.p99Ms.trim() === "" ? null : number("p99Ms", 0.001, 3_600_000, false), ...beside() } : null;
  const streams = { policy: fields.movesStreams ? ("move" as const) : ("finish" as const), limitMs: Math.round(number("streamMinutes", 0, 10_080, false) * 60_000), maxStateBytes: Math.round(number("stateMegabytes", 0.001, 2 ** 20, false) * 2 ** 20) };
  const limits = { maxInFlight: number("maxInFlight", 1, Number.MAX_SAFE_INTEGER, true), defaultDeadlineMs: number("defaultDeadlineMs", 1, Number.MAX_SAFE_INTEGER, true), maxDeadlineMs: number("maxDeadlineMs", 1, Number.MAX_SAFE_INTEGER, true) };
  if (problems.defaultDeadlineMs === undefined && limits.defaultDeadlineMs > limits.maxDeadlineMs) problems.defaultDeadlineMs = "Longer than the longest one allowed.";
  return Object.keys(problems).length > 0 ? { settings: null, problems } : { settings: { batching, keyLimits, canary, streams, limits }, problems: null };
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(12))}`;
const sizes = (text: string): number[] => text.split(",").map((part) => part.trim()).filter((part) => part !== "").map(Number);
