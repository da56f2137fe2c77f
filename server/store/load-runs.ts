// Owns rows of load runs: what was asked, what was found, of what.
import type { LoadRun as LoadRunRow } from "../../prisma/generated/client.ts";
import type { LoadReport } from "../loadgen/method/load-report.ts";
import type { LoadRequest } from "../loadgen/method/load-request.ts";
import type { KeptTarget } from "../loadgen/method/load-target.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";

/** Kept of one deployment, with what it was compared with; the oldest go. */
const MAX_KEPT = 200;

export type StoredLoadRun = { id: string; deploymentId: string; revisionNumber: number; endRevisionNumber: number; operationId: string; target: KeptTarget; request: LoadRequest; report: LoadReport; startedAt: Date; finishedAt: Date; createdBy: string };

/** Returns the ids of those that went for it. */
export async function insertLoadRun(tx: Tx, run: StoredLoadRun): Promise<string[]> {
  await tx.loadRun.create({ data: { ...run, target: toJson(run.target), request: toJson(run.request), report: toJson(run.report) } });
  const old = await tx.loadRun.findMany({ where: { deploymentId: run.deploymentId }, orderBy: { startedAt: "desc" }, skip: MAX_KEPT, select: { id: true } });
  const gone = old.map(({ id }) => id);
  if (gone.length > 0) await tx.loadRun.deleteMany({ where: { id: { in: gone } } });
  return gone;
}

/** Newest first. */
export async function listLoadRuns(db: Db | Tx, deploymentId: string, limit: number): Promise<StoredLoadRun[]> {
  return (await db.loadRun.findMany({ where: { deploymentId }, orderBy: { startedAt: "desc" }, take: limit })).map(toLoadRun);
}

export async function findLoadRun(db: Db | Tx, id: string): Promise<StoredLoadRun | null> {
  const row = await db.loadRun.findUnique({ where: { id } });
  return row && toLoadRun(row);
}

const toLoadRun = (row: LoadRunRow): StoredLoadRun => ({ ...row, target: fromJson<KeptTarget>(row.target), request: fromJson<LoadRequest>(row.request), report: fromJson<LoadReport>(row.report) });
