// One holder of a lock file among processes. The file names its holder, so that others can say where it is; a holder that died does not count.
// Plain Node without dependencies: the set-up uses it before anything is installed.
//
// Nothing is ever removed to be taken: who finds a dead holder creates the one file that succeeds exactly that entry (`<file>.after-<hash of the
// entry>`), which only one process can. A dead successor is succeeded the same way. The winner then puts its entry in the lock file's place.
import { createHash, randomBytes } from "node:crypto";
import { linkSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** Successors that died before they could put themselves in place; more in a row would mean that starts are killed in a loop. */
const MAX_SUCCESSORS = 64;
/** Beginnings from the lock file, when it changed while it was looked at. */
const MAX_ATTEMPTS = 20;

/** Takes the lock, or says who holds it. The folder must be there. @throws when it can't be written */
export function takeFileLock(file) {
  // The random part makes every entry another one, so that a successor's name can't come again.
  const own = { pid: process.pid, startTime: startTimeOf(process.pid), url: null, nonce: randomBytes(8).toString("hex") };
  const temporary = `${file}.${own.nonce}`;
  try {
    writeFileSync(temporary, JSON.stringify(own), { mode: 0o600 });
    for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
      const outcome = tryOnce(file, temporary);
      if (outcome === "taken") return held(file, temporary, own);
      if (outcome !== "changed") return { holder: outcome };
    }
  } finally {
    rmSync(temporary, { force: true });
  }
  throw new Error(`${file} could not be taken: something else keeps making it anew.`);
}

/** Who holds it now, alive; null = nobody. */
export function readFileLock(file) {
  let entry = readText(file);
  for (let steps = 0; entry !== null && steps < MAX_SUCCESSORS; steps++) {
    const holder = parseHolder(entry);
    if (holder && isAlive(holder)) return holder;
    entry = readText(successorOf(file, entry));
  }
  return null;
}

/** "changed" = what it was decided on is not so any more. */
function tryOnce(file, temporary) {
  const first = readText(file);
  // A link appears whole and never replaces: of all that try, one succeeds.
  if (first === null) return link(temporary, file) ? "taken" : "changed";
  let entry = first;
  for (let steps = 0; steps < MAX_SUCCESSORS; steps++) {
    const holder = parseHolder(entry);
    // A successor that came too late stands there for a moment, too, and holds nothing: the lock file had changed before.
    if (holder && isAlive(holder)) return steps === 0 || readText(file) === first ? holder : "changed";
    const successor = successorOf(file, entry);
    if (link(temporary, successor)) {
      // Whoever took over from the same entry, and has tidied up since, had changed the lock file before.
      if (readText(file) !== first) {
        rmSync(successor, { force: true });
        return "changed";
      }
      renameSync(temporary, file);
      removeSuccessors(file);
      return "taken";
    }
    const next = readText(successor);
    if (next === null) return "changed";
    entry = next;
  }
  throw new Error(`The lock ${file} has too many dead successors. Remove ${file}.after-* when no console runs.`);
}

function held(file, temporary, own) {
  return {
    publish(url) {
      writeFileSync(temporary, JSON.stringify({ ...own, url }), { mode: 0o600 });
      renameSync(temporary, file);
    },
    release() {
      if (readText(file)?.includes(own.nonce)) rmSync(file, { force: true });
    },
  };
}

function successorOf(file, entry) {
  return `${file}.after-${createHash("sha256").update(entry).digest("hex").slice(0, 24)}`;
}

/** While a holder lives none of them means anything. */
function removeSuccessors(file) {
  const folder = path.dirname(file);
  for (const name of readdirSync(folder)) if (name.startsWith(`${path.basename(file)}.after-`)) rmSync(path.join(folder, name), { force: true });
}

/** False when `to` is there. */
function link(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

function readText(file) {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return null;
    throw error;
  }
}

function parseHolder(text) {
  try {
    const holder = JSON.parse(text);
    return typeof holder.pid === "number" ? { pid: holder.pid, startTime: holder.startTime ?? "", url: holder.url ?? null } : null;
  } catch {
    return null;
  }
}

function isAlive(holder) {
  try {
    process.kill(holder.pid, 0);
  } catch (error) {
    if (error.code !== "EPERM") return false;
  }
  return holder.startTime === "" || startTimeOf(holder.pid) === holder.startTime;
}

/** Field 22 of /proc/<pid>/stat, counted after the name, which may hold blanks. */
function startTimeOf(pid) {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19] ?? "";
  } catch {
    return "";
  }
}
