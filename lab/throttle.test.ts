import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { removeThrottle, throttle } from "./throttle.ts";

test("what cannot be set is refused with a reason", () => {
  expect(throttle({ group: "../x", cores: 1 })).toMatchObject({ applied: false, reason: expect.stringContaining("no name") });
  expect(throttle({ group: "x", cores: 0 })).toMatchObject({ applied: false, reason: expect.stringContaining("0.1 is the least") });
});

test("a process at a quarter of a core does about half the work of one at half a core", async ({ skip }) => {
  const work = async (cores: number): Promise<number> => {
    const group = `cutplane-test-${process.pid}-${cores}`;
    const prepared = throttle({ group, cores });
    if (!prepared.applied) return skip(prepared.reason);
    // CPU time, not work done: a neighbour's load on this machine does not change what the quota allows.
    const program = "const end=performance.now()+600;while(performance.now()<end);const c=process.cpuUsage();console.log((c.user+c.system)/1000)";
    const child = spawn("/bin/sh", ["-c", 'echo $$ > "$1"; shift; exec "$@"', "sh", prepared.procsFile, process.execPath, "-e", program]);
    let out = "";
    child.stdout.on("data", (chunk) => { out += chunk; });
    await once(child, "close");
    expect(removeThrottle(group)).toBe(true);
    return Number(out);
  };
  const [half, quarter] = [await work(0.5), await work(0.25)];
  expect(half / quarter).toBeGreaterThan(1.3);
  expect(half / quarter).toBeLessThan(3);
});
