// One worker: every story starts a console, a database and agents of its own, and measures how they serve.
import { defineConfig } from "@playwright/test";

export default defineConfig({
  testDir: ".",
  testMatch: "*.spec.ts",
  workers: 1,
  timeout: 300_000,
  expect: { timeout: 20_000 },
  forbidOnly: true,
  // What fails once in ten times is broken one time in ten.
  retries: 0,
  reporter: [["list"]],
  outputDir: "../test-results",
  use: {
    actionTimeout: 15_000,
    viewport: { width: 1440, height: 900 },
    // What was done, sent and said. Pictures of every step cost a third of the processor time: `--trace on` takes them.
    trace: { mode: "retain-on-failure", screenshots: false, snapshots: false },
    screenshot: "only-on-failure",
    launchOptions: {
      ...(process.env.CHROMIUM_PATH ? { executablePath: process.env.CHROMIUM_PATH } : {}),
      // Without these Chromium looks up its vendor's hosts at every start.
      args: [...(process.getuid?.() === 0 ? ["--no-sandbox"] : []), "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
  },
});
