// Program and function: makes processes slower by a CPU quota, where this machine lets us (cgroup v1 or v2), and says so where not.
//   throttle.ts prepare --group NAME --cores 0.5    → {"applied":true,"procsFile":"…"}: whoever is written there, and its children, share the quota
//   throttle.ts add --group NAME --cores 0.5 PID…   → the same, with the processes put in
//   throttle.ts remove --group NAME                 → once its processes ended
// Always answers one JSON line and exits 0: "applied":false with the reason is a valid answer.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

export type Throttled = { applied: true; reason: null; procsFile: string } | { applied: false; reason: string; procsFile: null };

/**
 * A quota of 100 ms periods makes short runs bimodal: all or nothing. With 10 ms the mean is the same and runs look like those of a
 * slower machine; with 2 ms the kernel's own bookkeeping distorts.
 */
const PERIOD_US = 10_000;
/** The kernel refuses less. */
const MIN_QUOTA_US = 1000;
/** Where Linux shows its control groups: version 2 itself, version 1 with a folder per controller. */
const CGROUPS = "/sys/fs/cgroup";
const GROUP_NAME = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,79}$/;

/** Processes (and their children from now on) get `cores` cores together. `cgroups` is another place only in tests. */
export function throttle(options: { group: string; cores: number; pids?: number[]; cgroups?: string }): Throttled {
  if (!GROUP_NAME.test(options.group)) return refused(`"${options.group}" is no name for a group`);
  if (!(options.cores >= 0.1 && options.cores <= 1024)) return refused(`${options.cores} cores cannot be set: 0.1 is the least`);
  if (process.platform !== "linux" && options.cgroups === undefined) return refused(`CPU quotas need Linux, this is ${process.platform}`);
  try {
    const folders = foldersOf(options.group, options.cgroups);
    const procsFile = existsSync(join(dirname(folders.v1), "cpu.cfs_quota_us")) ? prepareV1(folders.v1, options.cores) : prepareV2(folders.v2, options.cores);
    for (const pid of options.pids ?? []) writeFileSync(procsFile, String(pid));
    return { applied: true, reason: null, procsFile };
  } catch (error) {
    removeThrottle(options.group, options.cgroups);
    return refused(`CPU quotas are not writable here: ${(error as Error).message}`);
  }
}

/** Processes still inside keep the group: the kernel refuses, and nothing happens. */
export function removeThrottle(group: string, cgroups?: string): boolean {
  if (!GROUP_NAME.test(group)) return false;
  let removed = false;
  for (const folder of Object.values(foldersOf(group, cgroups))) {
    try {
      // The files of a control group do not count: an empty one goes, a folder that is none stays if anything is in it.
      rmdirSync(folder);
      removed = true;
    } catch {
      // Not there, or busy: somebody lives in it.
    }
  }
  return removed;
}

function foldersOf(group: string, cgroups = CGROUPS): { v1: string; v2: string } {
  return { v1: join(cgroups, "cpu", group), v2: join(cgroups, group) };
}
function refused(reason: string): Throttled {
  return { applied: false, reason, procsFile: null };
}
function quotaUs(cores: number): number {
  return Math.max(MIN_QUOTA_US, Math.round(cores * PERIOD_US));
}

function prepareV1(folder: string, cores: number): string {
  mkdirSync(folder, { recursive: true });
  // The quota goes first: with the old one still larger than the new period the kernel could refuse.
  writeFileSync(join(folder, "cpu.cfs_quota_us"), "-1");
  writeFileSync(join(folder, "cpu.cfs_period_us"), String(PERIOD_US));
  writeFileSync(join(folder, "cpu.cfs_quota_us"), String(quotaUs(cores)));
  return join(folder, "cgroup.procs");
}

function prepareV2(folder: string, cores: number): string {
  const above = dirname(folder);
  const controllers = readWords(join(above, "cgroup.controllers"));
  if (!controllers) throw new Error("there are no cgroups");
  if (!controllers.includes("cpu")) throw new Error("the cpu controller is not available");
  // A group that processes live in may not hand controllers on: asked for only where it is not so already.
  if (!readWords(join(above, "cgroup.subtree_control"))?.includes("cpu")) writeFileSync(join(above, "cgroup.subtree_control"), "+cpu");
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "cpu.max"), `${quotaUs(cores)} ${PERIOD_US}`);
  return join(folder, "cgroup.procs");
}

function readWords(file: string): string[] | null {
  return existsSync(file) ? readFileSync(file, "utf8").split(/\s+/) : null;
}

function main(): void {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { group: { type: "string" }, cores: { type: "string" } } });
  const [verb, ...pids] = positionals;
  const group = values.group ?? "";
  const answer = verb === "remove" ? { removed: removeThrottle(group) } : throttle({ group, cores: Number(values.cores), pids: pids.map(Number) });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
if (process.argv[1] === fileURLToPath(import.meta.url)) main();
