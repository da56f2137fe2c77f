// Owns how long a move that pauses its deployment is predicted to keep it from serving: drain + unload + load + warm + verify. Pure. Of each part, what was measured
// in this fleet where it was, else an estimate that says so.

export type PausePart = { ms: number; kind: "measured" | "estimated" };
export type PausePrediction = { ms: number; kind: "measured" | "estimated" | "mixed"; parts: Record<"drain" | "unload" | "load" | "warm" | "verify", PausePart> };

/** A stage that has loaded: how long reading and packing its weights took, and its first run. */
export type SeenLoad = { nodeId: string; bytes: number; loadMs: number; warmMs: number };
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

/** Reading, optimising and packing weights (as a move's bill takes it, moving-bill.ts). */
const LOAD_BYTES_PER_SECOND = 300e6;
/** A stage's process starts: Node and the runtime are read. */
const PROCESS_START_MS = 1_000;
/** A first run, where none was seen. */
const WARM_MS = 500;
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

/** Nodes load side by side, the stages of one as well: the slowest node's sum is what it takes at most. */
function loadOf({ stages, seen }: PauseFacts): PausePart {
  const perNode = byNode(stages).map(([nodeId, own]): PausePart => {
    const here = seen.filter((one) => one.nodeId === nodeId && one.bytes > 0);
    const known = here.length > 0 ? here : seen.filter((one) => one.bytes > 0);
    const bytes = own.reduce((total, one) => total + one.bytes, 0);
    if (known.length === 0) return { ms: PROCESS_START_MS * own.length + (bytes / LOAD_BYTES_PER_SECOND) * 1000, kind: "estimated" };
    // A line through what was seen: small segments take as long as the smallest, larger ones by the worst rate.
    const slowest = Math.max(...known.map((one) => one.loadMs / one.bytes));
    const most = Math.max(...known.map((one) => one.loadMs));
    return { ms: PROCESS_START_MS * own.length + Math.max(...own.map((one) => Math.min(one.bytes * slowest, Math.max(most, (one.bytes / LOAD_BYTES_PER_SECOND) * 1000)))), kind: here.length > 0 ? "measured" : "estimated" };
  });
  return slowestOf(perNode);
}

function warmOf({ stages, seen }: PauseFacts): PausePart {
  return slowestOf(byNode(stages).map(([nodeId]): PausePart => {
    const here = seen.filter((one) => one.nodeId === nodeId);
    return here.length === 0 ? { ms: Math.max(WARM_MS, ...seen.map((one) => one.warmMs)), kind: "estimated" } : { ms: Math.max(...here.map((one) => one.warmMs)), kind: "measured" };
  }));
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
