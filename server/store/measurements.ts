// Owns rows of wanted measurements of models on nodes, and the profiles they end in.
import type { Profile } from "../model/profile.ts";
import type { Db, Tx } from "./db.ts";
import { toJson } from "./json.ts";
import { newId } from "../ids.ts";

export type StoredMeasurement = {
  id: string;
  modelId: string;
  nodeId: string;
  deviceClass: string;
  /** Canonical JSON of SessionOptions. */
  mode: string;
  state: string;
  message: string | null;
  operationId: string | null;
  createdAt: Date;
  finishedAt: Date | null;
};

export async function listWantedMeasurements(db: Db | Tx): Promise<StoredMeasurement[]> {
  return db.measurement.findMany({ where: { state: "wanted" }, orderBy: { id: "asc" } });
}

export async function insertMeasurement(tx: Db | Tx, row: Pick<StoredMeasurement, "id" | "modelId" | "nodeId" | "deviceClass" | "mode" | "operationId" | "createdAt">): Promise<void> {
  await tx.measurement.create({ data: { ...row, state: "wanted" } });
}

/** Null when it had ended before. */
export async function finishMeasurement(tx: Db | Tx, id: string, outcome: { state: "done" | "failed"; message: string | null }, at: Date): Promise<StoredMeasurement | null> {
  const changed = await tx.measurement.updateMany({ where: { id, state: "wanted" }, data: { ...outcome, finishedAt: at } });
  return changed.count === 0 ? null : tx.measurement.findUnique({ where: { id } });
}

/** Asked for, or already measured, on this device class in this mode. */
export async function isMeasuredOrWanted(db: Db | Tx, key: { modelId: string; deviceClass: string; mode: string }): Promise<boolean> {
  const [wanted, profile] = await Promise.all([
    db.measurement.findFirst({ where: { ...key, state: { in: ["wanted", "failed"] } }, select: { id: true } }),
    db.profile.findFirst({ where: { ...key, kind: "measured" }, select: { id: true } }),
  ]);
  return wanted !== null || profile !== null;
}

export async function countWantedOfOperation(db: Db | Tx, operationId: string): Promise<{ wanted: number; done: number; failed: number; messages: string[] }> {
  const rows = await db.measurement.findMany({ where: { operationId } });
  const count = (state: string) => rows.filter((row) => row.state === state).length;
  return { wanted: count("wanted"), done: count("done"), failed: count("failed"), messages: rows.flatMap((row) => (row.state === "failed" && row.message ? [row.message] : [])) };
}

/** The last one of a device class and mode stands. */
export async function saveMeasuredProfile(tx: Db | Tx, row: { modelId: string; nodeId: string; mode: string; profile: Profile }): Promise<void> {
  const { modelId, nodeId, mode, profile } = row;
  const key = { modelId, deviceClass: profile.deviceClass, mode, kind: "measured" };
  const data = { nodeId, document: toJson(profile) };
  await tx.profile.upsert({ where: { modelId_deviceClass_mode_kind: key }, create: { id: newId("pro"), ...key, ...data }, update: { ...data, createdAt: new Date(profile.measuredAt ?? Date.now()) } });
}
