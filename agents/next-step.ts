// Owns the one decision of an agent: from what is desired and what is, the next step for one assignment. Pure: time comes in, nothing is done here.
//
//   state of an assignment          leaves by
//   pending    nothing here yet     fetch (admitted), refuse (does not fit)
//   fetching   bytes on their way   files here → start; failed
//   fetched    files here, and no process wanted   not files alone any more → start
//   loading    process started      process says warming, failed, or dies
//   warming    first run            process says ready, failed, or dies
//   ready      serving its lanes    lanes change → configure; not desired → drain; dies → failed
//   draining   finishing its work   stopped → forget
//   failed     waits for retryAt    retryAt reached → fetch or start again
//
// Rules are tried in order and the first that applies wins; every rule has a test of its name.
import type { Assignment, AssignmentState } from "./protocol/control.ts";

export type Failure = { code: string; message: string; attempts: number; retryAtMs: number };
export type ProcessPhase = "loading" | "warming" | "ready" | "stopping";
export type LocalAssignment = {
  files: "absent" | "fetching" | "present";
  process: null | {
    phase: ProcessPhase;
    /** Keys of what it runs with, see `loadKey` and `laneKey`. */
    loadKey: string; laneKey: string;
    /** When it was told to stop; null = it was not. */
    stopSentMs: number | null;
  };
  failure: Failure | null;
};

export type Step =
  | { do: "nothing" }
  | { do: "wait"; untilMs: number }
  | { do: "refuse"; code: string; message: string }
  | { do: "fetch" }
  | { do: "cancel-fetch" }
  | { do: "start" }
  | { do: "configure" }
  | { do: "stop"; graceMs: number }
  | { do: "kill" }
  | { do: "forget" };

export type Room = {
  /** Null = no limit. */
  maxMemoryBytes: number | null;
  /** Memory of the other assignments that are admitted on this node. */
  otherMemoryBytes: number;
};
export type StepInput = { desired: Assignment | null; local: LocalAssignment; room: Room; nowMs: number; drainTimeoutMs: number };

/** Beyond the grace a stage was given: it hangs, most likely in native code. */
export const KILL_AFTER_GRACE_MS = 3_000;

/** Whatever of an assignment needs a new process when it changes. Lanes and limits do not. */
export function loadKey(assignment: Assignment): string {
  return JSON.stringify([assignment.segment, assignment.session, assignment.warmShapes]);
}
/** What a running stage is told in place. */
export function laneKey(assignment: Assignment): string {
  return JSON.stringify([assignment.lanes, assignment.limits]);
}

export function nextStep(input: StepInput): Step {
  const { desired, local, nowMs } = input;
  const running = local.process;
  // 1 A stop under way ends before anything else begins: two processes of one assignment would fight over its lanes.
  if (running?.phase === "stopping") {
    const killAtMs = (running.stopSentMs ?? nowMs) + input.drainTimeoutMs + KILL_AFTER_GRACE_MS;
    return nowMs >= killAtMs ? { do: "kill" } : { do: "wait", untilMs: killAtMs };
  }
  // 2 Not desired any more.
  if (!desired) {
    if (running) return { do: "stop", graceMs: running.phase === "ready" ? input.drainTimeoutMs : 0 };
    return local.files === "fetching" ? { do: "cancel-fetch" } : { do: "forget" };
  }
  // 3 Desired with another segment or session: the process is replaced.
  if (running && running.loadKey !== loadKey(desired)) return { do: "stop", graceMs: running.phase === "ready" ? input.drainTimeoutMs : 0 };
  // 4 Desired with its files alone: the process goes, as if it were not desired.
  if (running && desired.filesOnly) return { do: "stop", graceMs: running.phase === "ready" ? input.drainTimeoutMs : 0 };
  // 5 Running: only lanes may differ. A stage takes them in every phase.
  if (running) return running.laneKey === laneKey(desired) ? { do: "nothing" } : { do: "configure" };
  // 6 A fetch under way is left alone.
  if (local.files === "fetching") return { do: "nothing" };
  if (desired.filesOnly && local.files === "present") return { do: "nothing" };
  // 7 Does it fit? Asked at every attempt, since others may have left. Files alone take no memory.
  const refusal = desired.filesOnly ? null : admit(desired, input.room);
  if (refusal) return refusal;
  // 8 Failed: not before its time.
  if (local.failure && nowMs < local.failure.retryAtMs) return { do: "wait", untilMs: local.failure.retryAtMs };
  // 9 Forwards.
  return local.files === "present" ? { do: "start" } : { do: "fetch" };
}

function admit(desired: Assignment, room: Room): Step | null {
  if (room.maxMemoryBytes === null) return null;
  const free = room.maxMemoryBytes - room.otherMemoryBytes;
  const needed = neededBytes(desired);
  if (needed <= free) return null;
  const mb = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  return {
    do: "refuse", code: "memory-limit",
    message: `segment ${desired.segment.segmentId} needs ${mb(needed)}, but of this node's limit of ${mb(room.maxMemoryBytes)} only ${mb(Math.max(0, free))} are left: raise --max-memory or place it elsewhere`,
  };
}

/** Of its process, as the console predicts or measured it; from a console that does not say, weights and state alone. */
export function neededBytes({ memoryBytes, segment }: Pick<Assignment, "memoryBytes" | "segment">): number {
  return memoryBytes ?? segment.memoryBytes;
}

const FIRST_RETRY_MS = 250;
const MAX_RETRY_MS = 60_000;
/** A process that was ready for this long had not been in a crash loop: its next crash counts as the first. */
export const STEADY_AFTER_MS = 60_000;

/** 0.25 s, 0.5 s, 1 s … 60 s, each ±20 %: `random` in [0, 1). */
export function nextFailure(previous: Failure | null, error: { code: string; message: string }, nowMs: number, random: number): Failure {
  const attempts = (previous?.attempts ?? 0) + 1;
  const pauseMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(20, attempts - 1)) * (0.8 + 0.4 * random);
  return { ...error, attempts, retryAtMs: nowMs + pauseMs };
}

/** What the console is told. `filesOnly`: of what is desired. */
export function observedState(local: LocalAssignment, filesOnly = false): AssignmentState {
  if (local.process) return local.process.phase === "stopping" ? "draining" : local.process.phase;
  if (local.failure) return "failed";
  if (filesOnly && local.files === "present") return "fetched";
  return local.files === "fetching" ? "fetching" : "pending";
}
