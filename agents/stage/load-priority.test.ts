import { execFileSync } from "node:child_process";
import { getPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { mayRise, type SystemPriority, yieldWhileLoading } from "./load-priority.ts";

function system(status: string, limits: string): SystemPriority & { set: (thread: number, niceness: number) => void; calls: [number, number][] } {
  const calls: [number, number][] = [];
  return { calls, niceness: () => 2, read: (file) => (file.endsWith("status") ? status : limits), threads: () => [1, 2], set: (thread, niceness) => { if (thread === 2) throw new Error("it ended"); calls.push([thread, niceness]); } };
}
const NONE = "Max nice priority         0                    0                    \n";

test("every thread yields while loading and gets its share back", () => {
  const one = system("CapEff:\t0000000000800000\n", NONE);
  yieldWhileLoading(one)();
  expect(one.calls).toEqual([[1, 12], [1, 2]]);
});

test("where it could not be had back nothing is given away", () => {
  const one = system("CapEff:\t0000000000000000\n", NONE);
  yieldWhileLoading(one)();
  expect(one.calls).toEqual([]);
  expect(mayRise(system("CapEff:\t0000000000000000\n", "Max nice priority         20                   20\n"), 0)).toBe(true);
  expect(mayRise(system("CapEff:\t0000000000000000\n", "Max nice priority         19                   20\n"), 0)).toBe(false);
  expect(mayRise({ read: () => { throw new Error("no such file"); } }, 0)).toBe(false);
});

test("on this machine a process is back at its own priority afterwards", () => {
  const file = fileURLToPath(new URL("./load-priority.ts", import.meta.url));
  const code = `const { yieldWhileLoading } = await import(${JSON.stringify(file)}); const back = yieldWhileLoading(); const { getPriority } = await import("node:os"); const during = getPriority(); back(); console.log(JSON.stringify([during, getPriority()]));`;
  const [during, after] = JSON.parse(execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", code], { encoding: "utf8" }));
  expect(during).toBeGreaterThanOrEqual(after);
  if (getPriority() === 0) expect(after).toBe(0);
});
