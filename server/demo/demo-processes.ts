// Owns the demo's programs as processes: they are detached, so that requests flow on when the console is killed, and a later start adopts
// them by their record (process id and command line). An orderly end of the console ends them all.
import { execFileSync, spawn } from "node:child_process";
import { closeSync, existsSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export type ProgramRecord = {
  pid: number;
  /** Start time where the system tells it: a process id comes round again. */
  startedAt: string | null;
  /** Part of its command line that no other process has: a path in our data folder. */
  marker: string;
};
export type Program = { name: string; pid: number; adopted: boolean };
export type ProgramSpec = {
  name: string;
  command: string[];
  /** Must be one of the command's words, or part of one. */
  marker: string;
  env?: Record<string, string>;
  /** cgroup.procs file that the program enters before it starts, so that its first instruction is under the quota. */
  procsFile?: string | null;
};

const TERM_WAIT_MS = 8_000;
const LOG_TAIL_CHARS = 1500;

export function createProgramKeeper(folder: string) {
  const recordPath = (name: string) => join(folder, `${name}.pid.json`);
  const logPath = (name: string) => join(folder, `${name}.log`);
  const kept = new Map<string, Program>();
  let closed = false;

  function readRecord(name: string): ProgramRecord | null {
    try {
      return JSON.parse(readFileSync(recordPath(name), "utf8")) as ProgramRecord;
    } catch {
      return null;
    }
  }
  /** The running process of an earlier start, if it still is what was started. */
  function adopt(name: string): Program | null {
    const record = readRecord(name);
    if (!record || !isSame(record)) return null;
    const program = { name, pid: record.pid, adopted: true };
    kept.set(name, program);
    return program;
  }
  /** @throws Error once everything was stopped: a start that was under way must not leave a program behind. */
  function start(spec: ProgramSpec): Program {
    if (closed) throw new Error(`${spec.name} is not started: the demo is stopping`);
    const log = openSync(logPath(spec.name), "w");
    const words = spec.procsFile ? ["/bin/sh", "-c", 'echo $$ > "$1" || exit 1; shift; exec "$@"', "sh", spec.procsFile, ...spec.command] : spec.command;
    const child = spawn(words[0]!, words.slice(1), { detached: true, stdio: ["ignore", log, log], env: { ...process.env, ...spec.env } });
    closeSync(log);
    child.on("error", () => {});
    child.unref();
    if (child.pid === undefined) throw new Error(`${spec.name} could not be started: ${words[0]} does not run`);
    const record: ProgramRecord = { pid: child.pid, startedAt: startTimeOf(child.pid), marker: spec.marker };
    writeFileSync(recordPath(spec.name), JSON.stringify(record));
    const program = { name: spec.name, pid: child.pid, adopted: false };
    kept.set(spec.name, program);
    return program;
  }
  async function stop(name: string): Promise<void> {
    const record = readRecord(name);
    kept.delete(name);
    if (record) await endProcess(record);
    rmSync(recordPath(name), { force: true });
  }
  return {
    adopt, start, stop,
    isRunning(name: string): boolean {
      const record = readRecord(name);
      return record !== null && isSame(record);
    },
    /** Whether it is running since an earlier start. */
    adopted: (name: string): boolean => kept.get(name)?.adopted ?? false,
    /** The end of its log, for the sentence that says why it ended. */
    logTail(name: string): string {
      return existsSync(logPath(name)) ? readFileSync(logPath(name), "utf8").slice(-LOG_TAIL_CHARS).trim() : "";
    },
    logPath,
    async stopAll(): Promise<void> {
      closed = true;
      await Promise.all([...kept.keys()].map(stop));
    },
  };
}
export type ProgramKeeper = ReturnType<typeof createProgramKeeper>;

/** SIGTERM, then SIGKILL after a bound. Never a process that is not the recorded one. */
async function endProcess(record: ProgramRecord): Promise<void> {
  if (!isSame(record)) return;
  signalProcess(record.pid, "SIGTERM");
  const until = performance.now() + TERM_WAIT_MS;
  while (performance.now() < until) {
    if (!isSame(record)) return;
    await sleep(40);
  }
  // Its group: a program that does not end by itself may have children that would not either. It is the leader, as it was detached.
  signalProcess(-record.pid, "SIGKILL");
  signalProcess(record.pid, "SIGKILL");
}

function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Gone already.
  }
}

function isSame(record: ProgramRecord): boolean {
  if (!Number.isInteger(record.pid) || record.pid <= 1) return false;
  if (record.startedAt !== null && startTimeOf(record.pid) !== record.startedAt) return false;
  return commandLineOf(record.pid)?.includes(record.marker) ?? false;
}

/** In clock ticks since the machine's start; null for a process that ended (a zombie too) or where there is no /proc. */
function startTimeOf(pid: number): string | null {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8");
    const rest = fields.slice(fields.lastIndexOf(")") + 2).split(" ");
    return rest[0] === "Z" ? null : rest[19] ?? null;
  } catch {
    return null;
  }
}

function commandLineOf(pid: number): string | null {
  try {
    if (existsSync("/proc/self/cmdline")) return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\u0000", " ");
    return execFileSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return null;
  }
}
