import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { findOrInstallChromium, type Machine } from "./chromium.mjs";

let folder: string;
let did: string[];
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), "cutplane-chromium-test-"));
  did = [];
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program that prints `text`. */
function program(name: string, text: string): string {
  const file = path.join(folder, name);
  writeFileSync(file, `#!/bin/sh\necho '${text}'\n`);
  chmodSync(file, 0o755);
  return file;
}
/** A machine without Chromium whose commands do what `on` says. */
function machine(on: (line: string) => void, other: Partial<Machine> = {}): Machine {
  return {
    env: { PATH: folder },
    isRoot: true,
    hasApt: true,
    hasSudo: () => false,
    ownPath: async () => path.join(folder, "own"),
    async run(name, args) {
      const line = [path.basename(name), ...args].join(" ");
      did.push(line);
      on(line);
    },
    ...other,
  };
}
const install = (one: Machine) => findOrInstallChromium((line) => said.push(line), one);
const fail = (message: string): never => {
  throw new Error(message);
};

test("one that is there is used, and nothing is installed: the given one, Playwright's own, one on PATH", async () => {
  const onPath = program("chromium", "Chromium 140.0.1 built on Debian");
  expect(await install(machine(fail))).toBe(onPath);
  const own = program("own", "Google Chrome for Testing 140.0");
  program("own", "Chromium 141.0");
  expect(await install(machine(fail))).toBe(own);
  const given = program("given", "Chromium 1.0");
  expect(await install(machine(fail, { env: { PATH: folder, CHROMIUM_PATH: given } }))).toBe(given);
  expect(said).toEqual([]);
});

test("as root on Debian it is installed by apt-get, and a wrapper that runs nothing is none", async () => {
  program("chromium-browser", "Command requires the chromium snap to be installed.");
  const found = await install(machine((line) => void (line.includes(" install ") && program("chromium", "Chromium 140.0"))));
  expect(found).toBe(path.join(folder, "chromium"));
  expect(did).toEqual(["env DEBIAN_FRONTEND=noninteractive apt-get update -q", "env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends chromium"]);
  expect(said).toEqual(["Installing Debian's chromium…"]);
});

test("a user who may use sudo does; lists that can't be renewed are no reason to give up", async () => {
  const found = await install(
    machine((line) => {
      if (line.endsWith("update -q")) fail("one source is gone");
      program("chromium", "Chromium 140.0");
    }, { isRoot: false, hasSudo: () => true }),
  );
  expect(found).toBe(path.join(folder, "chromium"));
  expect(did[1]).toMatch(/^sudo -n env .*apt-get install/);
});

test.each([
  ["without apt-get", { hasApt: false }, /^node.* node_modules\/playwright\/cli\.js install --with-deps chromium$/],
  ["without the right to install packages", { isRoot: false }, /^node.* install chromium$/],
])("%s it is Playwright's download", async (_what, other, expected) => {
  expect(await install(machine(() => void program("own", "Chromium 141.0"), other))).toBe(path.join(folder, "own"));
  expect(did.length).toBe(1);
  expect(did[0]).toMatch(expected);
});

test("when nothing helps every reason is said, and what a person can do", async () => {
  await expect(install(machine((line) => fail(line.includes("apt-get") ? "no network for apt" : "no network for Playwright")))).rejects.toThrow(/CHROMIUM_PATH[\s\S]*no network for apt[\s\S]*no network for Playwright/);
});
