// One console a data folder. The lock file names its holder, so that a second one can say where the first is; a holder that died does not count.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

export const LOCK_FILE = "console.lock";
/** `startTime` tells a process from a later one of the same number (Linux; "" elsewhere). `url` is null until the console listens. */
export type LockHolder = { pid: number; startTime: string; url: string | null };
export type Lock = {
  /** From now on a second console can name this address. */
  publish(url: string): void;
  release(): void;
};

/** Each attempt removes one dead holder; more in a row would mean a fight. */
const MAX_ATTEMPTS = 5;

/** Takes the lock of a data folder, or says who holds it. @throws when the folder can't be written */
export function takeLock(dataFolder: string): Lock | { holder: LockHolder } {
  mkdirSync(dataFolder, { recursive: true, mode: 0o700 });
  const file = path.join(dataFolder, LOCK_FILE);
  const own: LockHolder = { pid: process.pid, startTime: startTimeOf(process.pid), url: null };
  const temporary = `${file}.${process.pid}`;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    writeFileSync(temporary, JSON.stringify(own), { mode: 0o600 });
    try {
      // A link appears whole and never replaces: of two that try, one fails.
      linkSync(temporary, file);
      return held(file, temporary, own);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    } finally {
      rmSync(temporary, { force: true });
    }
    const holder = readHolder(file);
    if (holder && isAlive(holder)) return { holder };
    rmSync(file, { force: true });
  }
  throw new Error(`The lock of ${dataFolder} could not be taken: something else keeps making it anew.`);
}

function held(file: string, temporary: string, own: LockHolder): Lock {
  return {
    publish(url) {
      writeFileSync(temporary, JSON.stringify({ ...own, url }), { mode: 0o600 });
      renameSync(temporary, file);
    },
    release() {
      if (readHolder(file)?.pid === own.pid) rmSync(file, { force: true });
    },
  };
}

function readHolder(file: string): LockHolder | null {
  try {
    const holder = JSON.parse(readFileSync(file, "utf8")) as Partial<LockHolder>;
    return typeof holder.pid === "number" ? { pid: holder.pid, startTime: holder.startTime ?? "", url: holder.url ?? null } : null;
  } catch {
    return null;
  }
}

function isAlive(holder: LockHolder): boolean {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return false;
  }
  return holder.startTime === "" || startTimeOf(holder.pid) === holder.startTime;
}

/** Field 22 of /proc/<pid>/stat, counted after the name, which may hold blanks. */
function startTimeOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
