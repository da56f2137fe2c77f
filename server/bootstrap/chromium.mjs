// Finds a headless Chromium for the browser tests, or installs one: the given path, Playwright's own, one on PATH, Debian's package, Playwright's download.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { command } from "./steps.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const MAC = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"];

/** Absolute path. `machine` is this one, but in tests. @throws Error with a plain sentence */
export async function findOrInstallChromium(say, machine = thisMachine()) {
  const found = await find(machine);
  if (found) return found;
  const problems = [];
  for (const [title, install] of [["Debian's chromium", installDebian], ["Playwright's Chromium", installOwn]]) {
    try {
      await install(machine, () => say(`Installing ${title}…`));
      const installed = await find(machine);
      if (installed) return installed;
      problems.push(`${title} was installed, and does not run.`);
    } catch (error) {
      problems.push(`${title}: ${error.message}`);
    }
  }
  throw new Error(`The browser tests need Chromium, and none could be installed. Install one (apt-get install chromium), or set CHROMIUM_PATH.\n${problems.join("\n")}`);
}

function thisMachine() {
  return {
    env: process.env,
    isRoot: process.getuid?.() === 0,
    hasApt: existsSync("/usr/bin/apt-get"),
    hasSudo: () => spawnSync("sudo", ["-n", "true"]).status === 0,
    ownPath: async () => (await import("@playwright/test")).chromium.executablePath(),
    run: command,
  };
}

async function find(machine) {
  const onPath = (machine.env.PATH ?? "").split(path.delimiter).flatMap((folder) => NAMES.map((name) => path.join(folder, name)));
  return [machine.env.CHROMIUM_PATH, await machine.ownPath(), ...onPath, ...MAC].find((file) => file && existsSync(file) && runs(file)) ?? null;
}

/** A wrapper that only tells how to install the real one is none. */
function runs(file) {
  return spawnSync(file, ["--version"], { timeout: 20_000, encoding: "utf8" }).stdout?.match(/Chrom(e|ium) \d/) != null;
}

async function installDebian({ isRoot, hasApt, hasSudo, run }, began) {
  if (!hasApt) throw new Error("there is no apt-get here.");
  if (!isRoot && !hasSudo()) throw new Error("this user may not install packages.");
  began();
  const apt = (...args) => {
    const [program, ...rest] = [...(isRoot ? [] : ["sudo", "-n"]), "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args];
    return run(program, rest);
  };
  // One source of many that is out of order fails the update, and the lists of before may do.
  const problem = await apt("update", "-q").then(() => null, (error) => error);
  await apt("install", "-q", "-y", "--no-install-recommends", "chromium").catch((error) => {
    throw problem ?? error;
  });
}

async function installOwn({ isRoot, hasSudo, run }, began) {
  began();
  const withLibraries = process.platform === "linux" && (isRoot || hasSudo()) ? ["--with-deps"] : [];
  await run(process.execPath, ["node_modules/playwright/cli.js", "install", ...withLibraries, "chromium"]);
}
