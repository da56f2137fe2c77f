// One console a data folder. The lock file names its holder, so that a second one can say where the first is.
import { mkdirSync } from "node:fs";
import path from "node:path";
import { type Lock as FileLock, type LockHolder, takeFileLock } from "./bootstrap/file-lock.mjs";

export const LOCK_FILE = "console.lock";
export type Lock = FileLock;

/** Takes the lock of a data folder, or says who holds it. @throws when the folder can't be written */
export function takeLock(dataFolder: string): Lock | { holder: LockHolder } {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  return takeFileLock(path.join(dataFolder, LOCK_FILE));
}
