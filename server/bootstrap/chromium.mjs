// Finds a headless Chromium for the browser tests, or installs one: the given path, Playwright's own, one on PATH, Debian's package, Playwright's download.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { command } from "./steps.mjs";

const NAMES = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
const MAC = ["/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"];

/** Absolute path. @throws Error with a plain sentence */
export async function findOrInstallChromium(say) {
  const found = await find();
  if (found) return found;
  const tries = [
    ["Debian's chromium", installDebian],
    ["Playwright's Chromium", () => command(process.execPath, ["node_modules/playwright/cli.js", "install", ...(process.platform === "linux" && canBeRoot() ? ["--with-deps"] : []), "chromium"])],
  ];
  let problem = "";
  for (const [title, install] of tries) {
    say(`Installing ${title}…`);
    try {
      await install();
      const installed = await find();
      if (installed) return installed;
    } catch (error) {
      problem = error.message;
    }
  }
  throw new Error(`The browser tests need Chromium, and none could be installed. Install one (apt-get install chromium), or set CHROMIUM_PATH.\n${problem}`);
}

async function find() {
  const { chromium } = await import("@playwright/test");
  const onPath = (process.env.PATH ?? "").split(path.delimiter).flatMap((folder) => NAMES.map((name) => path.join(folder, name)));
  return [process.env.CHROMIUM_PATH, chromium.executablePath(), ...onPath, ...MAC].find((file) => file && existsSync(file) && runs(file)) ?? null;
}

/** A wrapper that only tells how to install the real one is none. */
function runs(file) {
  return spawnSync(file, ["--version"], { timeout: 20_000, encoding: "utf8" }).stdout?.match(/Chrom(e|ium)/) != null;
}

function canBeRoot() {
  return process.getuid?.() === 0 || spawnSync("sudo", ["-n", "true"]).status === 0;
}

async function installDebian() {
  if (!existsSync("/usr/bin/apt-get") || !canBeRoot()) throw new Error("There is no apt-get here, or this user may not install packages.");
  const sudo = process.getuid?.() === 0 ? [] : ["sudo", "-n"];
  for (const args of [["update", "-q"], ["install", "-q", "-y", "--no-install-recommends", "chromium"]]) {
    const [program, ...rest] = [...sudo, "apt-get", ...args];
    await command(program, rest, { DEBIAN_FRONTEND: "noninteractive" });
  }
}
