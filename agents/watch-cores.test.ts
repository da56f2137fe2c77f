import { expect, test } from "vitest";
import { watchCores } from "./watch-cores.ts";

test("a quota that is given and taken away is told, each once", async () => {
  let quota = "max 100000";
  const read = (path: string) => (path === "/proc/self/cgroup" ? "0::/node" : path === "/sys/fs/cgroup/node/cpu.max" ? quota : null);
  const told: [number, number][] = [];
  let hear = () => {};
  const stop = watchCores((now, before) => { told.push([now, before]); hear(); }, { read, everyMs: 1 });
  const change = (to: string) => new Promise<void>((resolve) => { hear = resolve; quota = to; });
  try {
    await change("10000 100000");
    await change("max 100000");
  } finally {
    stop();
  }
  const all = told[0]?.[1];
  expect(told).toEqual([[0.1, all], [all, 0.1]]);
});
