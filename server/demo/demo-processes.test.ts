import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, test } from "vitest";
import { createProgramKeeper, type ProgramKeeper } from "./demo-processes.ts";

const ended: (() => Promise<unknown> | unknown)[] = [];
afterEach(async () => {
  for (const end of ended.splice(0).reverse()) await end();
});

function makeKeeper(): { folder: string; keeper: ProgramKeeper; start(program: string): number } {
  const folder = mkdtempSync(join(tmpdir(), "cutplane-demo-"));
  const keeper = createProgramKeeper(folder);
  ended.push(() => rmSync(folder, { recursive: true, force: true }), () => keeper.stopAll());
  const start = (program: string) => keeper.start({ name: "sleeper", marker: folder, command: [process.execPath, "-e", program, folder] }).pid;
  return { folder, keeper, start };
}
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const SLEEPER = "console.log('up');setInterval(()=>{},1e6)";

test("a later keeper adopts the process of an earlier one, and ends it", async () => {
  const { folder, keeper, start } = makeKeeper();
  const pid = start(SLEEPER);
  const later = createProgramKeeper(folder);
  expect(later.adopt("sleeper")).toMatchObject({ pid, adopted: true });
  await later.stopAll();
  expect(keeper.isRunning("sleeper")).toBe(false);
  // Ended, though this process may not have been told of its child's end yet.
  await expect.poll(() => isAlive(pid), { timeout: 10_000 }).toBe(false);
});

test("a process id that belongs to another program now is neither adopted nor touched", async () => {
  const { folder, keeper, start } = makeKeeper();
  const pid = start(SLEEPER);
  const path = join(folder, "sleeper.pid.json");
  const record = JSON.parse(readFileSync(path, "utf8"));
  for (const other of [{ ...record, marker: "/no/such/folder" }, { ...record, startedAt: "1" }]) {
    writeFileSync(path, JSON.stringify(other));
    const later = createProgramKeeper(folder);
    expect(later.adopt("sleeper")).toBeNull();
    await later.stop("sleeper");
    expect(process.kill(pid, 0)).toBe(true);
  }
  writeFileSync(path, JSON.stringify(record));
  await keeper.stop("sleeper");
});

test("nothing is started any more once everything was stopped", async () => {
  const { keeper, start } = makeKeeper();
  await keeper.stopAll();
  expect(() => start(SLEEPER)).toThrow(/stopping/);
});

test("what ended by itself is not running, and its log tells why", async () => {
  const { keeper, start } = makeKeeper();
  start("console.error('no such camera');process.exit(3)");
  while (keeper.isRunning("sleeper")) await sleep(20);
  expect(keeper.logTail("sleeper")).toContain("no such camera");
});
