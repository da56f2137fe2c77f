// Owns rows of long operations: what a caller awaits or follows. Who runs them is not decided here.
import type { Operation as OperationRow } from "../../prisma/generated/client.ts";
import { newId } from "../ids.ts";
import type { LoadProgress } from "../loadgen/method/load-progress.ts";
import type { FrontFigures, SearchProgress } from "../planner/plan.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";

export type OperationKind = "import-model" | "profile-model" | "check-parity" | "plan" | "deploy" | "move" | "stop" | "drain" | "load" | "analyze" | "shed" | "batch";
export type OperationStatus = "running" | "succeeded" | "failed" | "cancelled";
export type OperationStep = { step: string; done: number; total: number; unit: "bytes" | "items" | ""; detail: string; /** Of a search: the best so far and what is proved. */ search?: SearchProgress; /** Of a search for plans to choose from: those found so far, lowest latency first. */ front?: FrontFigures[]; /** Of a load run: arrivals, latencies so far. */ load?: LoadProgress };
export type OperationError = { code: string; message: string; fix: string | null };
export type Operation = {
  id: string;
  kind: OperationKind;
  /** The model, plan, deployment or node it works on. */
  subjectId: string;
  status: OperationStatus;
  progress: OperationStep;
  result: unknown;
  error: OperationError | null;
  createdAt: string;
  createdBy: string;
  finishedAt: string | null;
  /** The console whose process runs it; null = a control loop, or the only console there is. */
  runBy: string | null;
};

const NO_PROGRESS: OperationStep = { step: "", done: 0, total: 0, unit: "", detail: "" };

export type NewOperation = { kind: OperationKind; subjectId: string; createdBy: string; createdAt: Date; idempotencyKey?: string | null; id?: string; runBy?: string | null };

/** A running one. `id` may be given by who wants to follow it from its first step. */
export async function insertOperation(db: Db | Tx, operation: NewOperation): Promise<Operation> {
  const row = await db.operation.create({
    data: {
      id: operation.id ?? newId("opn"),
      kind: operation.kind,
      subjectId: operation.subjectId,
      status: "running",
      createdAt: operation.createdAt,
      createdBy: operation.createdBy,
      idempotencyKey: operation.idempotencyKey ?? null,
      runBy: operation.runBy ?? null,
    },
  });
  return toOperation(row);
}

export async function findOperation(db: Db | Tx, id: string): Promise<Operation | null> {
  const row = await db.operation.findUnique({ where: { id } });
  return row && toOperation(row);
}

export async function findOperationByKey(db: Db | Tx, idempotencyKey: string): Promise<Operation | null> {
  const row = await db.operation.findUnique({ where: { idempotencyKey } });
  return row && toOperation(row);
}

/** Those begun under a key that starts so: the parts of a longer work, with their keys. */
export async function listOperationsByKey(db: Db | Tx, prefix: string): Promise<{ key: string; operation: Operation }[]> {
  const rows = await db.operation.findMany({ where: { idempotencyKey: { startsWith: prefix } }, orderBy: { createdAt: "asc" } });
  return rows.map((row) => ({ key: row.idempotencyKey ?? "", operation: toOperation(row) }));
}

/** Newest first. */
export async function listOperations(db: Db | Tx, query: { status?: OperationStatus; subjectId?: string; kind?: OperationKind; limit: number }): Promise<Operation[]> {
  const { limit, ...where } = query;
  const rows = await db.operation.findMany({ where, orderBy: { createdAt: "desc" }, take: limit });
  return rows.map(toOperation);
}

/** No effect on a finished one. */
export async function updateOperationProgress(db: Db | Tx, id: string, progress: OperationStep): Promise<void> {
  await db.operation.updateMany({ where: { id, status: "running" }, data: { progress: toJson(progress) } });
}

/** The subject is sometimes known only later (a model's id after its import). */
export async function updateOperationSubject(db: Db | Tx, id: string, subjectId: string): Promise<void> {
  await db.operation.updateMany({ where: { id }, data: { subjectId } });
}

export type OperationOutcome = { status: "succeeded"; result: unknown } | { status: "failed" | "cancelled"; error: OperationError };

/** Null when it had finished before: the first outcome stands. */
export async function finishOperation(db: Db | Tx, id: string, outcome: OperationOutcome, finishedAt: Date): Promise<Operation | null> {
  const data = outcome.status === "succeeded" ? { status: outcome.status, result: toJson(outcome.result ?? {}) } : { status: outcome.status, error: toJson(outcome.error) };
  const changed = await db.operation.updateMany({ where: { id, status: "running" }, data: { ...data, finishedAt } });
  return changed.count === 0 ? null : findOperation(db, id);
}

function toOperation(row: OperationRow): Operation {
  return {
    id: row.id,
    kind: row.kind as OperationKind,
    subjectId: row.subjectId,
    status: row.status as OperationStatus,
    progress: { ...NO_PROGRESS, ...fromJson<Partial<OperationStep>>(row.progress) },
    result: row.result,
    error: row.error === null ? null : fromJson<OperationError>(row.error),
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy,
    finishedAt: row.finishedAt?.toISOString() ?? null,
    runBy: row.runBy,
  };
}
