// `npm test`: every test, and one closing line with the counts.
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { findOrInstallChromium } from "./chromium.mjs";
import { addCounts, countBrowserTests, countUnitTests } from "./count-tests.mjs";
import { prepare, root } from "./steps.mjs";

/** @returns exit code */
export async function runTests(say, args) {
  await prepare(say);
  const chromium = await findOrInstallChromium(say);
  say(`Browser: ${chromium}`);
  const reports = path.join(root, "reports");
  rmSync(reports, { recursive: true, force: true });
  mkdirSync(reports, { recursive: true });
  const unitReport = path.join(reports, "unit.json");
  const browserReport = path.join(reports, "e2e.json");

  say("Unit, PostgreSQL and agent tests…");
  const unit = await show(["node_modules/vitest/vitest.mjs", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${unitReport}`, ...args]);
  say("Browser tests…");
  const browser = await show(["node_modules/@playwright/test/cli.js", "test", "-c", "e2e/playwright.config.ts", "--reporter=list,json"], { CHROMIUM_PATH: chromium, PLAYWRIGHT_JSON_OUTPUT_FILE: browserReport });

  const counts = addCounts([countUnitTests(read(unitReport)), countBrowserTests(read(browserReport))], unit !== 0 || browser !== 0);
  console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
  return counts.failed === 0 && counts.passed > 0 ? 0 : 1;
}

function show(args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, env: { ...process.env, NEXT_TELEMETRY_DISABLED: "1", ...env }, stdio: "inherit" });
    child.once("error", () => resolve(1));
    child.once("close", (code) => resolve(code ?? 1));
  });
}

const read = (file) => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : null);
