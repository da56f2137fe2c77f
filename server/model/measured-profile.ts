// Owns how ONNX Runtime's per-op times become times per layer. Fusion renames and merges ops, so what can't be attributed by name is
// spread by the estimate, and the whole is scaled to whole runs measured without the profiler (which slows small ops down).
import type { MeasuredProfile } from "../../agents/protocol/control.ts";
import { estimateProfile } from "./estimate-profile.ts";
import { fitBoundary } from "./fit-boundary.ts";
import type { ModelFacts } from "./model.ts";
import type { Profile } from "./profile.ts";

/** Which segments are left out of the fit is the same each time, so that errors of two measurements can be compared. */
const HOLD_OUT_SEED = 7;

/** Layer ranges of the segments that were asked for, by id. */
export type SegmentRanges = ReadonlyMap<string, { from: number; to: number }>;

/** Times per layer that add up to `measured.wholeMs`, corrected by what its segments took. `measuredAt` is the report's ISO time. */
export function measuredProfile(facts: Pick<ModelFacts, "digest" | "layers" | "cuts">, measured: MeasuredProfile, about: { measuredAt: string; ranges: SegmentRanges }): Profile {
  const profile = layersFromMeasured(facts, measured, about.measuredAt);
  const segments = (measured.segments ?? []).flatMap(({ segmentId, ms, wholeMs }) => {
    const range = about.ranges.get(segmentId);
    // As a share of the whole's runs in between, so that a slower moment of the machine falls out.
    return range && wholeMs > 0 ? [{ ...range, ms: (ms / wholeMs) * measured.wholeMs }] : [];
  });
  const fit = fitBoundary({ layerMs: profile.layerMs, cuts: facts.cuts, segments, seed: HOLD_OUT_SEED });
  if (!fit) return profile;
  const { layerMs, ...boundary } = fit;
  return { ...profile, layerMs, boundary };
}

/** Times per layer that add up to `measured.wholeMs`. `measuredAt` is the report's ISO time. */
export function layersFromMeasured(facts: Pick<ModelFacts, "digest" | "layers">, measured: MeasuredProfile, measuredAt: string): Profile {
  const estimated = estimateProfile(facts).layerMs;
  const layerOf = new Map<string, number>();
  for (const layer of facts.layers) for (const name of layer.opNames) if (!name.startsWith("#")) layerOf.set(name, layer.index);
  const layerMs: number[] = new Array<number>(facts.layers.length).fill(0);
  const variance: number[] = new Array<number>(facts.layers.length).fill(0);
  let unknownMs = 0;
  const unnamedMs = new Map<string, number>();
  for (const op of measured.ops) {
    const index = attribute(op.name, layerOf);
    if (index !== null) {
      layerMs[index] = (layerMs[index] ?? 0) + op.ms;
      variance[index] = (variance[index] ?? 0) + (op.sdMs ?? 0) ** 2;
    } else unnamedMs.set(op.opType, (unnamedMs.get(op.opType) ?? 0) + op.ms);
  }
  // Once a type: an answer may name a hundred thousand ops.
  const types = new Set(facts.layers.flatMap((layer) => Object.keys(layer.opTypes)));
  for (const [opType, ms] of unnamedMs) unknownMs += types.has(opType) ? spreadByType({ opType, ms }, facts, estimated, layerMs) : ms;
  spread(unknownMs, estimated, layerMs);
  const total = layerMs.reduce((sum, ms) => sum + ms, 0);
  if (total <= 0) spread(measured.wholeMs, estimated, layerMs);
  const scale = total > 0 ? measured.wholeMs / total : 1;
  return {
    modelDigest: facts.digest,
    deviceClass: measured.deviceClass,
    session: measured.session,
    kind: "measured",
    layerMs: layerMs.map((ms) => ms * scale),
    wholeMs: measured.wholeMs,
    wholeSdMs: measured.wholeSdMs,
    measuredAt,
    runs: measured.runs,
    ortVersion: measured.ortVersion,
    ...(measured.processBytes === undefined ? {} : { resident: [{ from: 0, to: facts.layers.length, bytes: measured.processBytes, source: "profile" as const, measuredAt }] }),
    ...(measured.wholeClockMs === undefined ? {} : { wholeClockMs: measured.wholeClockMs }),
    ...(measured.agentVersion === undefined ? {} : { agentVersion: measured.agentVersion }),
    ...(measured.wholeP10Ms === undefined || measured.wholeP90Ms === undefined ? {} : { wholeP10Ms: measured.wholeP10Ms, wholeP90Ms: measured.wholeP90Ms }),
    ...(measured.ops.some((op) => op.sdMs !== undefined) ? { layerSdMs: variance.map((value) => Math.sqrt(value) * scale) } : {}),
  };
}

/** The layer of an op by its name, or by the longest name inside a fused one's ("fused Conv_12", "Conv_12_nchwc"). */
function attribute(name: string, layerOf: Map<string, number>): number | null {
  const exact = layerOf.get(name);
  if (exact !== undefined) return exact;
  // ORT appends and prepends; names are cut back from the right, then from the left, at separators only.
  for (let text = name; text.length > 0; ) {
    const found = layerOf.get(text);
    if (found !== undefined) return found;
    const end = Math.max(text.lastIndexOf("_"), text.lastIndexOf("/"), text.lastIndexOf(" "), text.lastIndexOf("("));
    if (end <= 0) break;
    text = text.slice(0, end);
  }
  for (const word of name.split(/[\s(),]+/)) {
    const found = layerOf.get(word);
    if (found !== undefined) return found;
  }
  return null;
}

/** Spreads the time of a type's unnamed ops over the layers that have unnamed ops of its type; returns what could not be placed. */
function spreadByType(op: { opType: string; ms: number }, facts: Pick<ModelFacts, "layers">, estimated: number[], layerMs: number[]): number {
  const weights = facts.layers.map((layer, index) => (layer.opNames.some((name) => name.startsWith("#")) && layer.opTypes[op.opType] ? (estimated[index] ?? 0) : 0));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  if (sum <= 0) return op.ms;
  for (const [index, weight] of weights.entries()) layerMs[index] = (layerMs[index] ?? 0) + (op.ms * weight) / sum;
  return 0;
}

function spread(ms: number, weights: number[], layerMs: number[]): void {
  const sum = weights.reduce((total, weight) => total + weight, 0);
  for (let index = 0; index < layerMs.length; index++) layerMs[index] = (layerMs[index] ?? 0) + (sum > 0 ? (ms * (weights[index] ?? 0)) / sum : ms / layerMs.length);
}
