// Owns the loop over all assignments of this node: asks for the next step of each, has it taken, and tells what is observed.
import { ArtifactCache } from "./artifact-cache.ts";
import type { Child } from "./child-process.ts";
import type { ChildSample } from "./metrics.ts";
import { givenBytes } from "./given-bytes.ts";
import { neededBytes, nextStep, observedState } from "./next-step.ts";
import type { Assignment, ObservedAssignment } from "./protocol/control.ts";
import type { TlsMaterial, ToStage } from "./stage/messages.ts";
import { createEntry, type Entry, type StepDeps, takeStep } from "./take-step.ts";

export type Assignments = {
  /** Replaces all. Works on, whatever becomes of the caller. */
  set(desired: readonly Assignment[]): void;
  observe(): ObservedAssignment[];
  samples(): ChildSample[];
  /** Segments still in use here, desired or not yet gone. */
  inUse(): Assignment[];
  child(assignmentId: string): Child<ToStage> | null;
  children(): Child<ToStage>[];
  renewTls(tls: TlsMaterial): void;
  /** Resolves when every process is gone. */
  stop(): Promise<void>;
};

type Options = Omit<StepDeps, "wake" | "forget"> & { maxMemoryBytes: number | null; drainTimeoutMs: number; /** Something observable changed. */ changed(): void };

/** A decision is followed by another at once only while something is done; more rounds than states means the rules chase themselves. */
const MAX_STEPS_PER_WAKE = 8;

export function createAssignments(options: Options): Assignments {
  const entries = new Map<string, Entry>();
  const idle: (() => void)[] = [];
  let scheduled = false;
  let timer: NodeJS.Timeout | null = null;

  const wake = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      round();
      options.changed();
    });
  };
  const deps: StepDeps = { ...options, wake, forget: (entry) => void entries.delete(entry.assignmentId) };

  const round = () => {
    if (timer) clearTimeout(timer);
    timer = null;
    let untilMs = Number.POSITIVE_INFINITY;
    for (const entry of [...entries.values()]) untilMs = Math.min(untilMs, settle(entry));
    if (Number.isFinite(untilMs)) timer = setTimeout(wake, Math.max(10, untilMs - options.nowMs()));
    if (entries.size === 0) for (const resolve of idle.splice(0)) resolve();
  };

  /** @returns when to look again, milliseconds since the epoch. */
  const settle = (entry: Entry): number => {
    for (let count = 0; count < MAX_STEPS_PER_WAKE && entries.get(entry.assignmentId) === entry; count++) {
      const otherMemoryBytes = [...entries.values()].reduce((sum, other) => sum + (other !== entry && isAdmitted(other) ? heldBytes(other) : 0), 0);
      const step = nextStep({
        desired: entry.desired, local: entry.local, nowMs: options.nowMs(), drainTimeoutMs: options.drainTimeoutMs,
        room: { maxMemoryBytes: options.maxMemoryBytes, otherMemoryBytes },
      });
      if (step.do === "wait") return step.untilMs;
      takeStep(entry, step, deps);
      if (step.do === "nothing" || step.do === "refuse" || step.do === "cancel-fetch" || step.do === "kill") break;
    }
    return Number.POSITIVE_INFINITY;
  };

  return {
    set(desired) {
      const wanted = new Map(desired.map((assignment) => [assignment.assignmentId, assignment]));
      for (const entry of entries.values()) {
        entry.desired = wanted.get(entry.assignmentId) ?? null;
        if (!entry.desired) continue;
        if (entry.local.files === "present" && !entry.local.process && JSON.stringify(entry.last.segment) !== JSON.stringify(entry.desired.segment)) entry.local.files = "absent";
        entry.last = entry.desired;
      }
      for (const assignment of desired) if (!entries.has(assignment.assignmentId)) entries.set(assignment.assignmentId, createEntry(assignment));
      wake();
    },
    observe: () => [...entries.values()].map((entry) => observeEntry(entry, options.nowMs())),
    samples: () => [...entries.values()].flatMap((entry) => (entry.sample ? [entry.sample] : [])),
    inUse: () => [...entries.values()].map((entry) => entry.last),
    children: () => [...entries.values()].flatMap(({ child }) => child ?? []),
    child: (assignmentId) => entries.get(assignmentId)?.child ?? null,
    renewTls(tls) {
      for (const entry of entries.values()) entry.child?.send({ type: "tls", tls });
    },
    stop() {
      for (const entry of entries.values()) entry.desired = null;
      return new Promise((resolve) => {
        idle.push(resolve);
        wake();
      });
    },
  };
}

/** What it was seen to hold, else what it is predicted to. */
function heldBytes(entry: Entry): number {
  return Math.max(entry.processBytes ?? 0, neededBytes(entry.last));
}

function isAdmitted(entry: Entry): boolean {
  return entry.local.process !== null || (entry.local.files !== "absent" && !entry.desired?.filesOnly);
}

/** `nowMs`: by the clock of `retryAtMs`. */
function observeEntry(entry: Entry, nowMs: number): ObservedAssignment {
  const state = observedState(entry.local, entry.desired?.filesOnly);
  const failure = entry.local.failure;
  return {
    assignmentId: entry.assignmentId, segmentId: entry.last.segment.segmentId, state,
    bytesDone: entry.bytesDone, bytesTotal: entry.bytesTotal || ArtifactCache.segmentBytes(entry.last.segment), bytesPerSecond: entry.bytesPerSecond, bytesMoved: entry.bytesMoved, bytesFrom: givenBytes(entry.bytesFrom),
    loadMs: entry.loadMs, warmMs: entry.warmMs, residentBytes: entry.residentBytes, restarts: entry.restarts, lanes: entry.lanes, processBytes: entry.processBytes, running: entry.running,
    error: state === "failed" && failure ? { code: failure.code, message: failure.message, retryAt: failure.attempts > 0 ? new Date(Date.now() + failure.retryAtMs - nowMs).toISOString() : null } : null,
  };
}
