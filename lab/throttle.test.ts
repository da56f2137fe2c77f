import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { removeThrottle, throttle } from "./throttle.ts";

/** A tree of files like the kernel's. What it does not do by itself: make a group's files with its folder, and let a folder go with them in it. */
let cgroups: string;
beforeEach(() => {
  cgroups = mkdtempSync(join(tmpdir(), "cutplane-cgroups-test-"));
});
afterEach(() => rmSync(cgroups, { recursive: true, force: true }));
const read = (...path: string[]) => readFileSync(join(cgroups, ...path), "utf8");
function treeV2(controllers: string, handedOn = ""): void {
  writeFileSync(join(cgroups, "cgroup.controllers"), `${controllers}\n`);
  writeFileSync(join(cgroups, "cgroup.subtree_control"), `${handedOn}\n`);
}
function empty(...path: string[]): void {
  for (const name of readdirSync(join(cgroups, ...path))) rmSync(join(cgroups, ...path, name));
}

test("what cannot be set is refused with a reason", () => {
  for (const group of ["../x", "..", ".", "", "a/b"]) expect(throttle({ group, cores: 1, cgroups })).toMatchObject({ applied: false, reason: expect.stringContaining("no name") });
  expect(throttle({ group: "x", cores: 0, cgroups })).toMatchObject({ applied: false, reason: expect.stringContaining("0.1 is the least") });
  expect(throttle({ group: "x", cores: Number.NaN, cgroups })).toMatchObject({ applied: false });
  expect(removeThrottle("../x", cgroups)).toBe(false);
});

test.each([
  ["without control groups", () => {}, "there are no cgroups"],
  ["without the cpu controller", () => treeV2("memory pids"), "the cpu controller is not available"],
  [
    "where what is there may not be written (version 2)",
    () => {
      treeV2("cpu");
      rmSync(join(cgroups, "cgroup.subtree_control"));
      mkdirSync(join(cgroups, "cgroup.subtree_control"));
      writeFileSync(join(cgroups, "cgroup.procs"), "");
    },
    "EISDIR",
  ],
  [
    "where what is there may not be written (version 1)",
    () => {
      mkdirSync(join(cgroups, "cpu"));
      writeFileSync(join(cgroups, "cpu", "cpu.cfs_quota_us"), "-1\n");
      writeFileSync(join(cgroups, "cpu", "x"), "in the way");
    },
    "EEXIST",
  ],
])("%s the answer is no, with the reason, and nothing is left behind", (_where, prepare, reason) => {
  prepare();
  const before = readdirSync(cgroups, { recursive: true });
  expect(throttle({ group: "x", cores: 0.5, cgroups })).toEqual({ applied: false, reason: expect.stringMatching(new RegExp(`^CPU quotas are not writable here: .*${reason}`)), procsFile: null });
  expect(readdirSync(cgroups, { recursive: true })).toEqual(before);
});

test("version 2: the controller is handed on once, the quota is of 10 ms periods, processes are put in", () => {
  treeV2("cpuset cpu io memory");
  const procsFile = join(cgroups, "slow", "cgroup.procs");
  expect(throttle({ group: "slow", cores: 0.35, pids: [4711], cgroups })).toEqual({ applied: true, reason: null, procsFile });
  expect(read("cgroup.subtree_control")).toBe("+cpu");
  expect(read("slow", "cpu.max")).toBe("3500 10000");
  expect(read("slow", "cgroup.procs")).toBe("4711");
  // Another quota for the same group, where the controller is handed on already: a group with processes in it would refuse to be asked again.
  writeFileSync(join(cgroups, "cgroup.subtree_control"), "cpu memory\n");
  expect(throttle({ group: "slow", cores: 2, cgroups }).applied).toBe(true);
  expect(read("cgroup.subtree_control")).toBe("cpu memory\n");
  expect(read("slow", "cpu.max")).toBe("20000 10000");
  expect(removeThrottle("slow", cgroups)).toBe(false);
  empty("slow");
  expect(removeThrottle("slow", cgroups)).toBe(true);
  expect(existsSync(join(cgroups, "slow"))).toBe(false);
  expect(removeThrottle("slow", cgroups)).toBe(false);
});

test("version 1: quota and period are files of their own, and the kernel's least quota is kept", () => {
  mkdirSync(join(cgroups, "cpu"));
  writeFileSync(join(cgroups, "cpu", "cpu.cfs_quota_us"), "-1\n");
  expect(throttle({ group: "slow", cores: 0.1, pids: [1, 2], cgroups })).toMatchObject({ applied: true, procsFile: join(cgroups, "cpu", "slow", "cgroup.procs") });
  expect([read("cpu", "slow", "cpu.cfs_quota_us"), read("cpu", "slow", "cpu.cfs_period_us")]).toEqual(["1000", "10000"]);
  empty("cpu", "slow");
  expect(removeThrottle("slow", cgroups)).toBe(true);
});

test("on this machine: nobody gets more than the quota and the kernel holds back who wants more, or the answer says why there are no quotas", async () => {
  for (const cores of [0.5, 0.25]) {
    const group = `cutplane-test-${process.pid}-${cores}`;
    const prepared = throttle({ group, cores });
    if (!prepared.applied) {
      expect(prepared.reason).toMatch(/^CPU quotas (are not writable here: .+|need Linux, this is .+)$/);
      expect(prepared.procsFile).toBeNull();
      expect(removeThrottle(group)).toBe(false);
      return;
    }
    // What a busy neighbour takes only makes the share smaller: the quota is the upper bound, and that it was reached is the kernel's to tell.
    const program = "const s=performance.now(),b=process.cpuUsage();while(performance.now()-s<600);const c=process.cpuUsage(b);console.log((c.user+c.system)/1000/(performance.now()-s))";
    const child = spawn("/bin/sh", ["-c", 'echo $$ > "$1"; shift; exec "$@"', "sh", prepared.procsFile, process.execPath, "-e", program]);
    let out = "";
    child.stdout.on("data", (chunk) => { out += chunk; });
    await once(child, "close");
    const heldBack = Number(/nr_throttled (\d+)/.exec(readFileSync(join(dirname(prepared.procsFile), "cpu.stat"), "utf8"))?.[1]);
    expect(removeThrottle(group)).toBe(true);
    expect(Number(out)).toBeGreaterThan(0);
    expect(Number(out)).toBeLessThan(cores * 1.35);
    expect(heldBack).toBeGreaterThan(0);
  }
});
