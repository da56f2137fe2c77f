// Owns what measured models reached on each device class: kept apart from profiles, so that an estimate needs no other model's layers.
import type { ReachedPace } from "../model/device-rates.ts";
import type { Db, Tx } from "./db.ts";
import { listSettings, saveSetting } from "./settings.ts";

const KEY_PREFIX = "device-pace/";

export async function saveDevicePace(db: Db | Tx, deviceClass: string, pace: ReachedPace): Promise<void> {
  await saveSetting(db, `${KEY_PREFIX}${deviceClass}/${pace.modelId}`, pace);
}

export async function listDevicePaces(db: Db | Tx, deviceClass: string): Promise<ReachedPace[]> {
  return (await listSettings<ReachedPace>(db, `${KEY_PREFIX}${deviceClass}/`)).map((entry) => entry.value);
}
