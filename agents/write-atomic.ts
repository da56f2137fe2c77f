// Owns replacing a small file so that a reader, or the next start after a power cut, sees the old bytes or the new ones and nothing between.
import { open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Writes beside the target, syncs, renames, syncs the folder. `mode` defaults to owner-only. */
export async function writeAtomic(path: string, bytes: string | Uint8Array, mode = 0o600): Promise<void> {
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2, 8)}.new`;
  try {
    const file = await open(temporary, "wx", mode);
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

async function syncFolder(folder: string): Promise<void> {
  // Windows and some network file systems cannot open a folder; the rename alone is then the best there is.
  const handle = await open(folder, "r").catch(() => null);
  if (!handle) return;
  await handle.sync().catch(() => undefined);
  await handle.close();
}
