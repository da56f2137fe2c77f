// Owns doing a step for one assignment. The only file that changes an assignment's local state; it decides nothing.
import type { ArtifactCache } from "./artifact-cache.ts";
import { AgentError, messageOf } from "./agent-error.ts";
import type { ChildMetrics } from "./child-metrics.ts";
import type { Child, StartChild } from "./child-process.ts";
import type { ChildSample } from "./metrics.ts";
import { type LocalAssignment, laneKey, loadKey, nextFailure, STEADY_AFTER_MS, type Step } from "./next-step.ts";
import type { Assignment, Notice, ObservedLane, RunningSession } from "./protocol/control.ts";
import type { FromStage, TlsMaterial, ToStage } from "./stage/messages.ts";

/** One assignment as it is here, with everything that runs for it. */
export type Entry = {
  readonly assignmentId: string;
  /** null = to be removed. */
  desired: Assignment | null;
  /** The last one desired: what a report about a leaving assignment still names. */
  last: Assignment;
  local: LocalAssignment;
  child: Child<ToStage> | null;
  fetching: AbortController | null;
  skeletonPath: string | null;
  /** The next fetch reads everything back: the last load failed. */
  suspect: boolean;
  stageError: { code: string; message: string } | null;
  readySinceMs: number | null;
  bytesDone: number; bytesTotal: number; bytesPerSecond: number; bytesMoved: number; /** By who gave them; null = the console. */ bytesFrom: Map<string | null, number>; rateSince: { atMs: number; bytes: number };
  loadMs: number | null; warmMs: number | null; residentBytes: number | null; restarts: number;
  /** Most that its process held since it was ready. */
  processBytes: number | null;
  running: RunningSession | null;
  lanes: ObservedLane[];
  sample: ChildSample | null;
};

const PROCESS_GROWTH = 1.02;

export type StepDeps = {
  cache: ArtifactCache;
  startChild: StartChild;
  tls(): TlsMaterial;
  dataProxyUrl: string | null;
  nowMs(): number;
  random(): number;
  notice(notice: Omit<Notice, "at">): void;
  toldMetrics: ChildMetrics["told"];
  /** Something changed: decide again, and report. */
  wake(): void;
  forget(entry: Entry): void;
};

export function createEntry(assignment: Assignment): Entry {
  return {
    assignmentId: assignment.assignmentId, desired: assignment, last: assignment,
    local: { files: "absent", process: null, failure: null },
    child: null, fetching: null, skeletonPath: null, suspect: false, stageError: null, readySinceMs: null,
    bytesDone: 0, bytesTotal: 0, bytesPerSecond: 0, bytesMoved: 0, bytesFrom: new Map(), rateSince: { atMs: 0, bytes: 0 },
    loadMs: null, warmMs: null, residentBytes: null, restarts: 0, processBytes: null, running: null, lanes: [], sample: null,
  };
}

export function takeStep(entry: Entry, step: Step, deps: StepDeps): void {
  switch (step.do) {
    case "nothing":
    case "wait":
      return;
    case "refuse":
      refuse(entry, step, deps);
      return;
    case "fetch":
      void fetchFiles(entry, deps);
      return;
    case "cancel-fetch":
      entry.fetching?.abort();
      return;
    case "start":
      startStage(entry, deps);
      return;
    case "configure":
      configure(entry);
      return;
    case "stop":
      if (!entry.local.process) return;
      entry.local.process.phase = "stopping";
      entry.local.process.stopSentMs = deps.nowMs();
      entry.child?.send({ type: "stop", graceMs: step.graceMs });
      deps.wake();
      return;
    case "kill":
      deps.notice({ level: "warn", code: "stage-killed", message: `the stage of ${entry.assignmentId} did not stop in time and was killed`, assignmentId: entry.assignmentId });
      entry.child?.kill();
      return;
    case "forget":
      deps.forget(entry);
      return;
  }
}

function refuse(entry: Entry, step: { code: string; message: string }, deps: StepDeps): void {
  if (entry.local.failure?.message === step.message) return;
  // Retried as soon as it fits: the decision asks for room before it asks for the time.
  entry.local.failure = { code: step.code, message: step.message, attempts: 0, retryAtMs: deps.nowMs() };
  deps.notice({ level: "error", code: step.code, message: step.message, assignmentId: entry.assignmentId, deploymentId: entry.last.deploymentId });
}

async function fetchFiles(entry: Entry, deps: StepDeps): Promise<void> {
  const assignment = entry.last;
  const abort = new AbortController();
  entry.fetching = abort;
  entry.local.files = "fetching";
  if (entry.local.failure?.attempts === 0) entry.local.failure = null;
  entry.rateSince = { atMs: deps.nowMs(), bytes: 0 };
  deps.wake();
  try {
    const path = await deps.cache.segment(assignment.segment, {
      signal: abort.signal, recheck: entry.suspect ? "all" : "some",
      onMoved: (bytes, from) => {
        entry.bytesMoved += bytes;
        entry.bytesFrom.set(from, (entry.bytesFrom.get(from) ?? 0) + bytes);
      },
      onProgress: (done, total) => {
        entry.bytesDone = done;
        entry.bytesTotal = total;
        trackRate(entry, deps.nowMs());
      },
    });
    entry.skeletonPath = path;
    entry.suspect = false;
    entry.local.files = loadKey(entry.desired ?? assignment) === loadKey(assignment) ? "present" : "absent";
  } catch (error) {
    entry.local.files = "absent";
    if (!abort.signal.aborted) fail(entry, { code: error instanceof AgentError ? error.code : "fetch-failed", message: messageOf(error) }, deps);
  } finally {
    entry.fetching = null;
    entry.bytesPerSecond = 0;
    deps.wake();
  }
}

/** Bytes per second over windows of about a second, so that the figure neither jumps nor lags. */
function trackRate(entry: Entry, nowMs: number): void {
  const elapsedMs = nowMs - entry.rateSince.atMs;
  if (elapsedMs < 1000) return;
  entry.bytesPerSecond = Math.round(((entry.bytesDone - entry.rateSince.bytes) * 1000) / elapsedMs);
  entry.rateSince = { atMs: nowMs, bytes: entry.bytesDone };
}

function fail(entry: Entry, error: { code: string; message: string }, deps: StepDeps): void {
  const steady = entry.readySinceMs !== null && deps.nowMs() - entry.readySinceMs >= STEADY_AFTER_MS;
  entry.local.failure = nextFailure(steady ? null : entry.local.failure, error, deps.nowMs(), deps.random());
  entry.readySinceMs = null;
  deps.notice({ level: "error", code: error.code, message: `${entry.assignmentId}: ${error.message}`, assignmentId: entry.assignmentId, deploymentId: entry.last.deploymentId });
}

function startStage(entry: Entry, deps: StepDeps): void {
  const assignment = entry.desired;
  if (!assignment || !entry.skeletonPath) return;
  entry.stageError = null;
  entry.processBytes = null;
  entry.running = null;
  entry.lanes = [];
  const child = deps.startChild<ToStage, FromStage>({
    entry: "stage",
    onMessage: (message) => hear(entry, message, deps),
    onExit: (reason) => stageEnded(entry, reason, deps),
  });
  entry.child = child;
  entry.local.process = { phase: "loading", loadKey: loadKey(assignment), laneKey: laneKey(assignment), stopSentMs: null };
  child.send({ type: "start", tls: deps.tls(), assignment, skeletonPath: entry.skeletonPath, dataProxy: deps.dataProxyUrl, inline: null });
  deps.wake();
}

function configure(entry: Entry): void {
  if (!entry.desired || !entry.local.process) return;
  entry.local.process.laneKey = laneKey(entry.desired);
  entry.child?.send({ type: "lanes", lanes: entry.desired.lanes, limits: entry.desired.limits });
}

function hear(entry: Entry, message: FromStage, deps: StepDeps): void {
  switch (message.type) {
    case "state":
      entry.loadMs = message.loadMs ?? entry.loadMs;
      entry.warmMs = message.warmMs ?? entry.warmMs;
      entry.residentBytes = message.residentBytes ?? entry.residentBytes;
      entry.running = message.running ?? entry.running;
      if (message.state === "failed") {
        entry.stageError = message.error ?? { code: "stage-failed", message: "the stage failed without a reason" };
        entry.suspect = true;
      } else if (entry.local.process && entry.local.process.phase !== "stopping") {
        entry.local.process.phase = message.state;
        if (message.state === "ready") entry.readySinceMs = deps.nowMs();
      }
      deps.wake();
      return;
    case "lanes":
      entry.lanes = message.lanes;
      deps.wake();
      return;
    case "sample":
      entry.sample = { stages: message.samples, rssBytes: message.rssBytes, cpuCores: message.cpuCores };
      // Told when it grows by enough to matter: each change is a report.
      if (entry.local.process?.phase === "ready" && message.rssBytes > (entry.processBytes ?? 0) * PROCESS_GROWTH) {
        entry.processBytes = message.rssBytes;
        deps.wake();
      }
      return;
    case "notice":
      deps.notice(message.notice);
      return;
    case "metrics":
      deps.toldMetrics(message);
      return;
    default:
      return;
  }
}

function stageEnded(entry: Entry, reason: string, deps: StepDeps): void {
  const wanted = entry.local.process?.phase === "stopping";
  entry.child = null;
  entry.local.process = null;
  entry.processBytes = null;
  entry.running = null;
  entry.lanes = [];
  entry.sample = null;
  if (wanted) {
    // Another segment may be wanted under this id now.
    entry.local.files = "absent";
    entry.local.failure = null;
  } else {
    entry.restarts += 1;
    // It may be a damaged file, whether the load failed or a run: fetch looks at every byte, and wrong weights that load would answer wrongly without a word.
    entry.suspect = true;
    entry.local.files = "absent";
    fail(entry, entry.stageError ?? { code: "stage-crashed", message: `the stage's process ${reason}` }, deps);
  }
  deps.wake();
}
