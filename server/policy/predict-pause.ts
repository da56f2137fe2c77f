// Owns how long a move that pauses its deployment is predicted to keep it from serving: drain + unload + load + warm + verify. Pure. Of each part, what was measured
// in this fleet where it was, else an estimate that says so.
import { loadTime, type SeenLoad, warmTime } from "../planner/load-time.ts";

export type PausePart = { ms: number; kind: "measured" | "estimated" };
export type PausePrediction = { ms: number; kind: "measured" | "estimated" | "mixed"; parts: Record<"drain" | "unload" | "load" | "warm" | "verify", PausePart> };

/** Steps of finished moves of the deployment: how long each lasted. */
export type SeenMove = readonly StepAt[];
/** `state` was left for `action`. */
export type StepAt = { atMs: number; state: string; action: string };
export type PauseFacts = {
  /** To be loaded in the pause. */
  stages: readonly { nodeId: string; bytes: number }[];
  seen: readonly SeenLoad[];
  moves: readonly SeenMove[];
  /** One request through what serves now, milliseconds; null = not known. */
  latencyMs: number | null;
};

/** A stage's process starts: Node and the runtime are read. */
const PROCESS_START_MS = 1_000;
/** "Nothing in flight" is believed after this (SETTLE_MS in migration.ts), and reports come once a second. */
const DRAIN_MS = 1_500;
const UNLOAD_MS = 1_000;
/** Links are dialled, the sample goes through, entries switch. */
const VERIFY_MS = 1_500;
/** Of past moves, the newest. */
const MOVES_LOOKED_AT = 5;

export function predictPause(facts: PauseFacts): PausePrediction {
  const parts: PausePrediction["parts"] = {
    drain: lasted(facts.moves, "pause") ?? lasted(facts.moves, "drain") ?? { ms: DRAIN_MS + (facts.latencyMs ?? 0), kind: "estimated" },
    unload: lasted(facts.moves, "unload") ?? { ms: UNLOAD_MS, kind: "estimated" },
    load: loadOf(facts),
    warm: warmOf(facts),
    verify: sum(lasted(facts.moves, "verify"), lasted(facts.moves, "cutover")) ?? { ms: VERIFY_MS, kind: "estimated" },
  };
  const all = Object.values(parts);
  const kinds = new Set(all.map((part) => part.kind));
  return { ms: all.reduce((total, part) => total + part.ms, 0), kind: kinds.size > 1 ? "mixed" : (all[0] as PausePart).kind, parts };
}

/** "about 4.2 s (drain 1.5 s, unload 1.0 s, load 0.9 s, first run 0.2 s, check 0.6 s; partly measured)" */
export function pauseText({ ms, kind, parts }: PausePrediction): string {
  const seconds = (value: number) => `${(value / 1000).toFixed(1)} s`;
  const how = { measured: "as measured in this fleet", estimated: "estimated: nothing of it was measured yet", mixed: "partly measured in this fleet, else estimated" }[kind];
  return `about ${seconds(ms)} (drain ${seconds(parts.drain.ms)}, unload ${seconds(parts.unload.ms)}, load ${seconds(parts.load.ms)}, first run ${seconds(parts.warm.ms)}, check ${seconds(parts.verify.ms)}; ${how})`;
}

/** Nodes load side by side, and so do the stages of one: the slowest node's is what it takes. Times as a move's bill takes them (adapt/moving-bill.ts). */
function loadOf({ stages, seen }: PauseFacts): PausePart {
  return slowestOf(byNode(stages).map(([nodeId, own]): PausePart => {
    const { ms, kind } = loadTime(seen, nodeId, own.reduce((total, one) => total + one.bytes, 0));
    return { ms: PROCESS_START_MS * own.length + ms, kind };
  }));
}

function warmOf({ stages, seen }: PauseFacts): PausePart {
  return slowestOf(byNode(stages).map(([nodeId]) => warmTime(seen, nodeId)));
}

function byNode(stages: PauseFacts["stages"]): [string, { bytes: number }[]][] {
  const nodes = new Map<string, { bytes: number }[]>();
  for (const { nodeId, bytes } of stages) nodes.set(nodeId, [...(nodes.get(nodeId) ?? []), { bytes }]);
  return [...nodes];
}

const slowestOf = (parts: readonly PausePart[]): PausePart => parts.reduce<PausePart>((slowest, part) => (part.ms > slowest.ms ? part : slowest), { ms: 0, kind: "measured" });
const sum = (one: PausePart | null, other: PausePart | null): PausePart | null => (one && other ? { ms: one.ms + other.ms, kind: "measured" } : null);

/** The median of how long a step took in past moves; null = it was never gone through. */
function lasted(moves: readonly SeenMove[], state: string): PausePart | null {
  const times = moves.slice(0, MOVES_LOOKED_AT).flatMap((decisions) => {
    const began = decisions.find((one) => one.action === state);
    const ended = began && decisions.find((one) => one.state === state && one.atMs >= began.atMs);
    return began && ended ? [ended.atMs - began.atMs] : [];
  }).sort((a, b) => a - b);
  return times.length === 0 ? null : { ms: times[Math.floor(times.length / 2)] as number, kind: "measured" };
}
