// Owns what processes of a model's segments were seen to hold: one row of settings for each model.
import type { ResidentRecord } from "../policy/take-resident.ts";
import type { Db, Tx } from "./db.ts";
import { deleteSetting, findSetting, saveSetting } from "./settings.ts";

const key = (modelId: string) => `resident/${modelId}`;

export async function listResidentRecords(db: Db | Tx, modelId: string): Promise<ResidentRecord[]> {
  return (await findSetting<ResidentRecord[]>(db, key(modelId))) ?? [];
}

export async function saveResidentRecords(db: Db | Tx, modelId: string, records: readonly ResidentRecord[]): Promise<void> {
  await saveSetting(db, key(modelId), records);
}

export async function deleteResidentRecords(db: Db | Tx, modelId: string): Promise<void> {
  await deleteSetting(db, key(modelId));
}
