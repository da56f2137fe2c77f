// Owns measurements that were asked for and not yet answered: they belong to a node's desired state and survive a restart.
import type { MeasureTask } from "../../agents/protocol/control.ts";
import type { Db, Tx } from "./db.ts";
import { deleteSetting, findSetting, listSettings, saveSetting } from "./settings.ts";

const KEY_PREFIX = "measure-task/";

export type StoredMeasureTask = {
  task: MeasureTask; nodeId: string; operationId: string; createdAt: string;
  /** Layers of the task's segments; absent where it has none. */
  ranges?: { segmentId: string; from: number; to: number }[];
};

export async function saveMeasureTask(db: Db | Tx, stored: StoredMeasureTask): Promise<void> {
  await saveSetting(db, KEY_PREFIX + stored.task.taskId, stored);
}

export async function findMeasureTask(db: Db | Tx, taskId: string): Promise<StoredMeasureTask | null> {
  return findSetting<StoredMeasureTask>(db, KEY_PREFIX + taskId);
}

/** Of one node, or of all. */
export async function listMeasureTasks(db: Db | Tx, nodeId?: string): Promise<StoredMeasureTask[]> {
  const all = await listSettings<StoredMeasureTask>(db, KEY_PREFIX);
  return all.map((entry) => entry.value).filter((stored) => nodeId === undefined || stored.nodeId === nodeId);
}

export async function deleteMeasureTask(db: Db | Tx, taskId: string): Promise<void> {
  await deleteSetting(db, KEY_PREFIX + taskId);
}
