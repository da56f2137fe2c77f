// Owns the life of a long operation: a durable row, progress at a bounded rate, cancellation, one outcome. What it does is the caller's.
// An operation is run either here (`runOperation`: work in this process) or by a control loop from its own rows (`beginOperation`,
// `reportProgress`, `endOperation`); a crash ends the first kind ("interrupted") and leaves the second one running.
import { AppError } from "../errors.ts";
import type { OperationProgress } from "../events/catalogue.ts";
import type { Append } from "../events/publish.ts";
import type { Tx } from "../store/db.ts";
import {
  findOperation,
  findOperationByKey,
  finishOperation,
  insertOperation,
  listOperations,
  type Operation,
  type OperationError,
  type OperationKind,
  type OperationOutcome,
  type OperationStep,
  updateOperationProgress,
} from "../store/operations.ts";
import { readSubjectNames } from "../store/subject-names.ts";
import type { Actor, Deps } from "./deps.ts";

/** Live progress per operation: a person can't read faster, and every browser gets each one. */
const MIN_PROGRESS_INTERVAL_MS = 250;
/** Progress in the database, for who polls: each write is a row version. */
const MIN_STORED_PROGRESS_INTERVAL_MS = 1000;
/** Longest a reader may wait for an outcome in one request. */
export const MAX_WAIT_SECONDS = 60;
/** Driven by the control loops from migration, deployment and measurement rows: they survive a restart. */
const LOOP_DRIVEN_KINDS: OperationKind[] = ["deploy", "move", "stop", "drain", "profile-model"];

export type OperationInput = { kind: OperationKind; subjectId: string; actor: Actor; idempotencyKey?: string; operationId?: string };
export type OperationContext = {
  operationId: string;
  /** Aborted by a cancel; `work` then throws (`signal.throwIfAborted()`) and cleans up. */
  signal: AbortSignal;
  progress(step: Partial<OperationStep> & { step: string }): void;
};

type Reporter = { last: OperationStep; sentAt: number; storedAt: number; timer: NodeJS.Timeout | null; storeTimer: NodeJS.Timeout | null };

const controllers = new Map<string, AbortController>();
const reporters = new Map<string, Reporter>();
const progressListeners = new Set<(progress: OperationProgress) => void>();

/** Hears the progress of every operation of this process, at most 4 times a second each. Returns the way to stop. */
export function listenProgress(listener: (progress: OperationProgress) => void): () => void {
  progressListeners.add(listener);
  return () => progressListeners.delete(listener);
}

/** Progress of an operation, this process' own or another console's, to who listens here. */
export function tellProgress(progress: OperationProgress): void {
  for (const listener of progressListeners) listener(progress);
}

/** Starts `work` and returns at once; `done` settles with the outcome and never rejects. The same idempotency key again returns the first operation and runs nothing. */
export async function runOperation(deps: Deps, input: OperationInput, work: (context: OperationContext) => Promise<unknown>): Promise<{ operation: Operation; done: Promise<Operation> }> {
  const known = input.idempotencyKey === undefined ? null : await findOperationByKey(deps.db, input.idempotencyKey);
  if (known) return { operation: known, done: waitForOperation(deps, known.id, MAX_WAIT_SECONDS) };
  const operation = await deps.publisher.transact((tx, append) => beginOperation(deps, tx, append, input));
  const controller = new AbortController();
  controllers.set(operation.id, controller);
  const done = perform(deps, operation, input.actor, controller.signal, work).finally(() => controllers.delete(operation.id));
  return { operation, done };
}

async function perform(deps: Deps, operation: Operation, actor: Actor, signal: AbortSignal, work: (context: OperationContext) => Promise<unknown>): Promise<Operation> {
  let outcome: OperationOutcome;
  try {
    const result = await work({ operationId: operation.id, signal, progress: (step) => reportProgress(deps, operation.id, step) });
    outcome = { status: "succeeded", result };
  } catch (error) {
    const cancelled = signal.aborted || (error instanceof AppError && error.code === "cancelled");
    if (!cancelled && !(error instanceof AppError)) deps.log.error({ err: error, operationId: operation.id, kind: operation.kind }, "an operation failed");
    outcome = { status: cancelled ? "cancelled" : "failed", error: cancelled ? { code: "cancelled", message: "It was cancelled.", fix: null } : publicError(error) };
  }
  try {
    return (await deps.publisher.transact((tx, append) => endOperation(deps, tx, append, operation.id, outcome, actor))) ?? operation;
  } catch (error) {
    // The database is away: the row stays "running" and is marked interrupted at the next start.
    deps.log.error({ err: error, operationId: operation.id }, "an operation's outcome could not be stored");
    return operation;
  }
}

/** Inserts a running operation in the caller's transaction, with its event. */
export async function beginOperation(deps: Deps, tx: Tx, append: Append, input: OperationInput): Promise<Operation> {
  const operation = await insertOperation(tx, {
    kind: input.kind,
    subjectId: input.subjectId,
    createdBy: input.actor,
    createdAt: new Date(deps.clock.now()),
    idempotencyKey: input.idempotencyKey,
    id: input.operationId,
    runBy: LOOP_DRIVEN_KINDS.includes(input.kind) ? null : deps.peers?.consoleId,
  });
  await append({
    name: "operation.changed",
    subjectId: operation.subjectId,
    actor: input.actor,
    message: `${await titleOf(tx, operation)} started.`,
    payload: { operationId: operation.id, kind: operation.kind, subjectId: operation.subjectId, status: "running" },
  });
  return operation;
}

/** Ends a running operation in the caller's transaction, with its event. Null (and no event) when it had ended before. */
export async function endOperation(deps: Deps, tx: Tx, append: Append, operationId: string, outcome: OperationOutcome, actor: Actor): Promise<Operation | null> {
  const reporter = reporters.get(operationId);
  if (reporter) {
    for (const timer of [reporter.timer, reporter.storeTimer]) if (timer) clearTimeout(timer);
    reporters.delete(operationId);
    await updateOperationProgress(tx, operationId, reporter.last);
  }
  const operation = await finishOperation(tx, operationId, outcome, new Date(deps.clock.now()));
  if (!operation) return null;
  const why = outcome.status === "succeeded" ? "" : ` ${outcome.error.message}`;
  await append({
    name: "operation.changed",
    subjectId: operation.subjectId,
    actor,
    message: `${await titleOf(tx, operation)} ${outcome.status}.${why}`,
    payload: { operationId, kind: operation.kind, subjectId: operation.subjectId, status: outcome.status },
  });
  return operation;
}

/** Coalesced: listeners hear at most 4 a second, the row is written at most once a second. Never throws. */
export function reportProgress(deps: Deps, operationId: string, step: Partial<OperationStep> & { step: string }): void {
  const last: OperationStep = { done: 0, total: 0, unit: "", detail: "", ...step };
  const reporter = reporters.get(operationId) ?? { last, sentAt: 0, storedAt: 0, timer: null, storeTimer: null };
  reporter.last = last;
  reporters.set(operationId, reporter);
  if (reporter.timer) return;
  const dueInMs = Math.max(0, reporter.sentAt + MIN_PROGRESS_INTERVAL_MS - deps.clock.now());
  const store = (): void => {
    reporter.storeTimer = null;
    reporter.storedAt = deps.clock.now();
    updateOperationProgress(deps.db, operationId, reporter.last).catch((error) => deps.log.warn({ err: error, operationId }, "progress could not be stored"));
  };
  const send = (): void => {
    reporter.timer = null;
    reporter.sentAt = deps.clock.now();
    tellProgress({ operationId, ...reporter.last });
    deps.peers?.tell({ kind: "progress", progress: { operationId, ...reporter.last } });
    if (reporter.storeTimer) return;
    // The last step before a long silence is stored too: who polls must not read the one before it.
    const storeInMs = Math.max(0, reporter.storedAt + MIN_STORED_PROGRESS_INTERVAL_MS - reporter.sentAt);
    if (storeInMs === 0) store();
    else reporter.storeTimer = setTimeout(store, storeInMs).unref();
  };
  if (dueInMs === 0) send();
  else reporter.timer = setTimeout(send, dueInMs).unref();
}

/** The operation once it has finished, or as it is after `waitSeconds`. @throws AppError not-found */
export async function waitForOperation(deps: Deps, operationId: string, waitSeconds: number, signal?: AbortSignal): Promise<Operation> {
  let wake = (): void => {};
  const stop = deps.publisher.listen((event) => {
    if (event.name === "operation.changed" && (event.payload as { operationId: string }).operationId === operationId) wake();
  });
  try {
    const until = deps.clock.now() + Math.min(waitSeconds, MAX_WAIT_SECONDS) * 1000;
    for (;;) {
      const changed = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const operation = await findOperation(deps.db, operationId);
      if (!operation) throw new AppError("not-found", `There is no operation ${operationId}.`);
      const leftMs = until - deps.clock.now();
      if (operation.status !== "running" || leftMs <= 0 || signal?.aborted) return operation;
      await Promise.race([changed, pause(leftMs, signal)]);
    }
  } finally {
    stop();
  }
}

/** True when the work runs in this process and was told to stop; false when it is not run here. */
export function abortOperation(operationId: string): boolean {
  const controller = controllers.get(operationId);
  controller?.abort(new AppError("cancelled", "It was cancelled."));
  return controller !== undefined;
}

/** Operations whose work died with its process are failed, so that nobody waits for them for ever: at start, and when another console is gone. Returns them. */
export async function endInterruptedOperations(deps: Deps): Promise<Operation[]> {
  const isRunElsewhere = (operation: Operation) => deps.peers?.others().some((other) => other.id === operation.runBy) ?? false;
  const running = (await listOperations(deps.db, { status: "running", limit: 10_000 })).filter((operation) => !LOOP_DRIVEN_KINDS.includes(operation.kind) && !controllers.has(operation.id) && !isRunElsewhere(operation));
  const error: OperationError = { code: "interrupted", message: "The console stopped while this was running.", fix: "Start it again." };
  for (const operation of running) {
    await deps.publisher.transact((tx, append) => endOperation(deps, tx, append, operation.id, { status: "failed", error }, "control"));
  }
  return running;
}

/** What a caller may read of an error. */
export function publicError(error: unknown): OperationError {
  if (error instanceof AppError) return { code: error.code, message: error.message, fix: error.fix };
  return { code: "internal", message: "Something went wrong inside the console.", fix: "The console's log has the details." };
}

/** "Move of read-text"; without a name while what it works on is not there yet. */
async function titleOf(tx: Tx, { kind, subjectId }: Operation): Promise<string> {
  const name = (await readSubjectNames(tx, [subjectId])).get(subjectId);
  return name === undefined ? KIND_WORDS[kind] : `${KIND_WORDS[kind]} of ${kind === "check-parity" ? "plan " : ""}${name}`;
}

const KIND_WORDS: Record<OperationKind, string> = {
  "import-model": "Import",
  "profile-model": "Measurement",
  "check-parity": "Parity check",
  plan: "Planning",
  deploy: "Deployment",
  move: "Move",
  stop: "Stop",
  drain: "Drain",
  load: "Load run",
  analyze: "Analysis",
  shed: "Admission limit",
  batch: "Batch size",
};

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal?.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
