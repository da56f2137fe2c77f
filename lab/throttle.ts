// Program and function: makes processes slower by a CPU quota, where this machine lets us (cgroup v1 or v2), and says so where not.
//   throttle.ts prepare --group NAME --cores 0.5    → {"applied":true,"procsFile":"…"}: whoever is written there, and its children, share the quota
//   throttle.ts add --group NAME --cores 0.5 PID…   → the same, with the processes put in
//   throttle.ts remove --group NAME                 → once its processes ended
// Always answers one JSON line and exits 0: "applied":false with the reason is a valid answer.
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
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
const V1_FOLDER = "/sys/fs/cgroup/cpu";
const V2_FOLDER = "/sys/fs/cgroup";

/** Processes (and their children from now on) get `cores` cores together. */
export function throttle(options: { group: string; cores: number; pids?: number[] }): Throttled {
  if (!/^[A-Za-z0-9._-]{1,80}$/.test(options.group)) return refused(`"${options.group}" is no name for a group`);
  if (!(options.cores >= 0.1 && options.cores <= 1024)) return refused(`${options.cores} cores cannot be set: 0.1 is the least`);
  if (process.platform !== "linux") return refused(`CPU quotas need Linux, this is ${process.platform}`);
  try {
    const procsFile = existsSync(join(V1_FOLDER, "cpu.cfs_quota_us")) ? prepareV1(options) : prepareV2(options);
    for (const pid of options.pids ?? []) writeFileSync(procsFile, String(pid));
    return { applied: true, reason: null, procsFile };
  } catch (error) {
    return refused(`CPU quotas are not writable here: ${(error as Error).message}`);
  }
}

/** Processes still inside keep the group: the kernel refuses, and nothing happens. */
export function removeThrottle(group: string): boolean {
  let removed = false;
  for (const folder of [join(V1_FOLDER, group), join(V2_FOLDER, group)]) {
    try {
      if (existsSync(join(folder, "cgroup.procs"))) {
        rmdirSync(folder);
        removed = true;
      }
    } catch {
      // Busy: somebody lives there.
    }
  }
  return removed;
}

function refused(reason: string): Throttled {
  return { applied: false, reason, procsFile: null };
}
function quotaUs(cores: number): number {
  return Math.max(MIN_QUOTA_US, Math.round(cores * PERIOD_US));
}

function prepareV1({ group, cores }: { group: string; cores: number }): string {
  const folder = join(V1_FOLDER, group);
  mkdirSync(folder, { recursive: true });
  // The quota goes first: with the old one still larger than the new period the kernel could refuse.
  writeFileSync(join(folder, "cpu.cfs_quota_us"), "-1");
  writeFileSync(join(folder, "cpu.cfs_period_us"), String(PERIOD_US));
  writeFileSync(join(folder, "cpu.cfs_quota_us"), String(quotaUs(cores)));
  return join(folder, "cgroup.procs");
}

function prepareV2({ group, cores }: { group: string; cores: number }): string {
  const controllers = join(V2_FOLDER, "cgroup.controllers");
  if (!existsSync(controllers)) throw new Error("there are no cgroups");
  if (!readFileSync(controllers, "utf8").split(/\s+/).includes("cpu")) throw new Error("the cpu controller is not available");
  writeFileSync(join(V2_FOLDER, "cgroup.subtree_control"), "+cpu");
  const folder = join(V2_FOLDER, group);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "cpu.max"), `${quotaUs(cores)} ${PERIOD_US}`);
  return join(folder, "cgroup.procs");
}

function main(): void {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: { group: { type: "string" }, cores: { type: "string" } } });
  const [verb, ...pids] = positionals;
  const group = values.group ?? "";
  const answer = verb === "remove" ? { removed: removeThrottle(group) } : throttle({ group, cores: Number(values.cores), pids: pids.map(Number) });
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
if (process.argv[1] === fileURLToPath(import.meta.url)) main();
