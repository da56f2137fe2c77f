// Owns what measured models reached on each device class: kept apart from profiles, so that an estimate needs no other model's layers.
import type { ReachedPace } from "../model/device-rates.ts";
import type { Db, Tx } from "./db.ts";
import { listSettings, saveSetting } from "./settings.ts";

const KEY_PREFIX = "device-pace/";

/** `threads`: of the mode it was measured in; absent in what was kept before others than one were. */
type KeptPace = ReachedPace & { threads?: number };

export async function saveDevicePace(db: Db | Tx, deviceClass: string, threads: number, pace: ReachedPace): Promise<void> {
  await saveSetting(db, `${KEY_PREFIX}${deviceClass}/${pace.modelId}${threads === 1 ? "" : `/${threads}`}`, { ...pace, threads } satisfies KeptPace);
}

/** By threads. */
export async function listDevicePaces(db: Db | Tx, deviceClass: string): Promise<Map<number, ReachedPace[]>> {
  const paces = new Map<number, ReachedPace[]>();
  for (const { value: { threads = 1, ...pace } } of await listSettings<KeptPace>(db, `${KEY_PREFIX}${deviceClass}/`)) paces.set(threads, [...(paces.get(threads) ?? []), pace]);
  return paces;
}
