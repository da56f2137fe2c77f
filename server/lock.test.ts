import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { LOCK_FILE, takeLock } from "./lock.ts";

const root = mkdtempSync(path.join(tmpdir(), "cutplane-lock-test-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));
/** Of no process: numbers end at 2^22. */
const DEAD = { pid: 2 ** 30, startTime: "1", url: null };
let folders = 0;
function folderWith(lock: string | null): string {
  const folder = path.join(root, `data-${folders++}`);
  mkdirSync(folder);
  if (lock !== null) writeFileSync(path.join(folder, LOCK_FILE), lock);
  return folder;
}

test("the second one hears who holds it and where; after the release it is free", () => {
  const folder = folderWith(null);
  const lock = takeLock(folder);
  if (!("publish" in lock)) throw new Error("not taken");
  expect(takeLock(folder)).toEqual({ holder: { pid: process.pid, startTime: expect.any(String), url: null } });
  lock.publish("http://127.0.0.1:1");
  expect(takeLock(folder)).toMatchObject({ holder: { url: "http://127.0.0.1:1" } });
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
});

test.each([
  ["a dead process", JSON.stringify(DEAD)],
  ["a later process of the same number", JSON.stringify({ pid: process.pid, startTime: "not this one", url: null })],
  ["a file cut short", '{"pid":'],
  ["an empty file", ""],
])("%s holds nothing, and leaves nothing", (_what, text) => {
  const folder = folderWith(text);
  const lock = takeLock(folder);
  expect("publish" in lock).toBe(true);
  expect(readdirSync(folder)).toEqual([LOCK_FILE]);
  expect(JSON.parse(readFileSync(path.join(folder, LOCK_FILE), "utf8"))).toMatchObject({ pid: process.pid });
});

test("a release leaves another one's lock alone", () => {
  const folder = folderWith(null);
  const lock = takeLock(folder);
  writeFileSync(path.join(folder, LOCK_FILE), JSON.stringify({ ...DEAD, nonce: "x" }));
  if ("release" in lock) lock.release();
  expect(existsSync(path.join(folder, LOCK_FILE))).toBe(true);
});

const RACERS = 8;
/** Reads folders, one a line; answers each with whether it took its lock, and keeps it. */
const RACER = `
  import { createInterface } from "node:readline";
  import { takeLock } from "./lock.ts";
  for await (const folder of createInterface({ input: process.stdin })) {
    const lock = takeLock(folder);
    process.stdout.write(("publish" in lock ? "taken" : "pid " + lock.holder.pid) + "\\n");
  }
`;
const racers: { child: ChildProcess; answers: AsyncIterableIterator<string> }[] = [];
async function startRacers(): Promise<void> {
  const outfile = path.join(root, "racer.mjs");
  await build({ stdin: { contents: RACER, resolveDir: import.meta.dirname, loader: "ts" }, outfile, bundle: true, platform: "node", format: "esm", logLevel: "silent" });
  for (let index = 0; index < RACERS; index++) {
    const child = spawn(process.execPath, [outfile], { stdio: ["pipe", "pipe", "inherit"] });
    racers.push({ child, answers: createInterface({ input: child.stdout! })[Symbol.asyncIterator]() });
  }
}
beforeAll(startRacers);
afterAll(() => racers.map(({ child }) => child.kill("SIGKILL")));

/** @returns what each of `racers` answered */
function race(folder: string): Promise<string[]> {
  for (const { child } of racers) child.stdin!.write(`${folder}\n`);
  return Promise.all(racers.map(async ({ answers }) => (await answers.next()).value as string));
}

test.each([
  ["no lock", null],
  ["one stale lock", JSON.stringify(DEAD)],
  ["an unreadable lock", "?"],
])("of many processes that start at once on %s exactly one takes it, and the others name it", async (_what, text) => {
  await race(folderWith(null));
  for (let round = 0; round < 60; round++) {
    const folder = folderWith(text);
    const answers = await race(folder);
    const winner = racers[answers.indexOf("taken")]?.child.pid;
    expect(answers.filter((answer) => answer === "taken").length).toBe(1);
    expect(new Set(answers)).toEqual(new Set(["taken", `pid ${winner}`]));
    expect(readdirSync(folder)).toEqual([LOCK_FILE]);
  }
});

test("holders that are killed one after the other are succeeded, each once", async () => {
  const folder = folderWith(JSON.stringify(DEAD));
  for (let left = racers.length; left > 0; left--) {
    const answers = await race(folder);
    // The holder of the round before is gone.
    expect(answers.filter((answer) => answer === "taken").length).toBe(1);
    const [winner] = racers.splice(answers.indexOf("taken"), 1);
    const gone = new Promise((resolve) => winner!.child.once("exit", resolve));
    winner!.child.kill("SIGKILL");
    await gone;
  }
  expect("publish" in takeLock(folder)).toBe(true);
});
