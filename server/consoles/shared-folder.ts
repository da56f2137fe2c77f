// Owns the proof that consoles on one database look into one folder: each leaves a file there under its own random name, and who comes looks for
// the files of those that live. A copy of the folder, or one of the same name on another machine, does not have them.
import { access, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { LEASE_MS } from "../policy/leadership.ts";
import type { StoredConsole } from "../store/consoles.ts";

/** Network file systems remember for a few seconds that a file was not there. */
const LOOK_MS = 5_000;
const LOOK_PAUSE_MS = 250;

/** `others`: rows of the other consoles; those that are silent for longer than a lease need prove nothing. @throws Error with a plain sentence */
export async function shareFolder(folder: string, me: { id: string; hostname: string }, others: readonly StoredConsole[]): Promise<void> {
  const marks = path.join(folder, "consoles");
  await mkdir(marks, { recursive: true, mode: 0o700 });
  await writeFile(path.join(marks, me.id), `${me.hostname}\n`, { mode: 0o600 });
  for (const other of others) {
    if (other.silentMs >= LEASE_MS) continue;
    if (await isThere(path.join(marks, other.id))) continue;
    await leaveFolder(folder, me.id);
    throw new Error(`The console on ${other.hostname} (${other.url}) uses this database too, but its models and segments lie in another folder: there ${other.sharedFolder}, here ${folder}. Give both the same folder with --shared (a network folder, when they run on two machines), or this console a database of its own.`);
  }
  const known = new Set([me.id, ...others.map((one) => one.id)]);
  for (const name of await readdir(marks)) if (!known.has(name)) await rm(path.join(marks, name), { force: true });
}

export async function leaveFolder(folder: string, id: string): Promise<void> {
  await rm(path.join(folder, "consoles", id), { force: true });
}

async function isThere(file: string): Promise<boolean> {
  for (const until = performance.now() + LOOK_MS; ; ) {
    const found = await access(file).then(() => true, () => false);
    if (found || performance.now() > until) return found;
    await sleep(LOOK_PAUSE_MS);
  }
}
