// Owns the console's own small facts that must survive a restart: one JSON value per key.
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";

/** Null when it was never set. */
export async function findSetting<T>(db: Db | Tx, key: string): Promise<T | null> {
  const row = await db.setting.findUnique({ where: { key } });
  return row === null ? null : fromJson<T>(row.value);
}

export async function saveSetting(db: Db | Tx, key: string, value: unknown): Promise<void> {
  await db.setting.upsert({ where: { key }, create: { key, value: toJson(value) }, update: { value: toJson(value) } });
}

/** Written where there is none. Returns what is there then: of several at once, one wins. */
export async function insertSetting<T>(db: Db | Tx, key: string, value: T): Promise<T> {
  await db.setting.createMany({ data: [{ key, value: toJson(value) }], skipDuplicates: true });
  return (await findSetting<T>(db, key)) ?? value;
}

export async function deleteSetting(db: Db | Tx, key: string): Promise<void> {
  await db.setting.deleteMany({ where: { key } });
}

export async function listSettings<T>(db: Db | Tx, keyPrefix: string): Promise<{ key: string; value: T }[]> {
  const rows = await db.setting.findMany({ where: { key: { startsWith: keyPrefix } }, orderBy: { key: "asc" } });
  return rows.map((row) => ({ key: row.key, value: fromJson<T>(row.value) }));
}
