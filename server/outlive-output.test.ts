import { spawn } from "node:child_process";
import path from "node:path";
import { expect, test } from "vitest";

/** A process that writes until its reader is gone, and then some; it ends by itself and says how. */
const script = (guard: string): string => `${guard}
let left = 200;
process.on("message", () => {});
const timer = setInterval(() => { process.stdout.write("a line\\n"); process.stderr.write("a line\\n"); if (--left === 0) { clearInterval(timer); process.disconnect(); process.exitCode = 7; } }, 1);`;

async function exitOf(guard: string): Promise<number | null> {
  const child = spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script(guard)], { stdio: ["ignore", "pipe", "pipe", "ipc"], cwd: path.resolve(import.meta.dirname, "..") });
  child.stdout?.once("data", () => { child.stdout?.destroy(); child.stderr?.destroy(); });
  return new Promise((resolve) => child.once("exit", resolve));
}

test.each(["server", "agents"])("a process of %s whose reader went away goes on to its end", async (side) => {
  const file = JSON.stringify(path.resolve(import.meta.dirname, "..", side, "outlive-output.ts"));
  expect(await exitOf(`import { outliveOutput } from ${file}; outliveOutput([process.stdout, process.stderr]);`)).toBe(7);
});

test("without it, it would not", async () => expect(await exitOf("")).not.toBe(7));
