// Two consoles that demand a credential, under two names: a page that goes on at the other one signs in there once, comes back to its view, and needs no sign-in the next time.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { expect, test } from "@playwright/test";
import { type Cluster, startCluster, until } from "./cluster.ts";
import { freePort } from "./free-port.ts";
import { makeSharedDatabase } from "./shared-database.ts";

test.use({ ignoreHTTPSErrors: true });
const root = path.resolve(import.meta.dirname, "..");
const VIEW = "/events?kind=console&severity=warn";
let folder: string;
let keeper: Cluster;
let databaseUrl: string;
const running: ChildProcess[] = [];
test.beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "cutplane-sign-in-"));
  keeper = await startCluster([]);
  databaseUrl = await makeSharedDatabase(keeper, "sign_in");
});
test.afterAll(async () => {
  for (const child of running) await end(child, "SIGTERM");
  await keeper?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** Loopback has two names; to a browser they are two sites. */
async function startSecure(name: "127.0.0.1" | "localhost"): Promise<{ url: string; child: ChildProcess; said(): string }> {
  const port = await freePort();
  const child = spawn(process.execPath, ["dist/server.mjs", "--no-demo", "--host", "0.0.0.0", "--public-host", name, "--port", String(port), "--agent-port", "0", "--data", path.join(folder, name), "--shared", path.join(folder, "shared"), "--database-url", databaseUrl], { cwd: root, env: { ...process.env, NODE_ENV: "production" }, stdio: ["ignore", "pipe", "pipe"] });
  running.push(child);
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => { said += text; });
  await until(`the console at ${name}`, async () => said.includes(`${name}:${port}`));
  return { url: `https://${name}:${port}`, child, said: () => said };
}

function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill(signal);
  });
}

test("the sign-in at the other console leads back to the view, and is not asked for twice", async ({ page }) => {
  const first = await startSecure("127.0.0.1");
  const shown = () => /\bcp_[\w-]+/.exec(first.said())?.[0] ?? "";
  await until("the first token to be shown", async () => shown() !== "");
  const token = shown();
  const second = await startSecure("localhost");
  const signIn = async () => {
    await page.getByLabel("Credential’s token").fill(token);
    await page.getByRole("button", { name: "Sign in" }).click();
  };
  const told = page.waitForResponse((response) => response.url().endsWith("/console-probe.js") && (response.headers()["content-security-policy"] ?? "").includes(second.url), { timeout: 60_000 });
  await page.goto(`${first.url}${VIEW}`);
  await signIn();
  await expect(page).toHaveURL(`${first.url}${VIEW}`);
  await expect(page.getByTestId("connection")).toContainText("live");
  await told;
  await end(first.child, "SIGKILL");
  await expect(page).toHaveURL(new RegExp(`^${second.url}/login`), { timeout: 60_000 });
  expect(page.url()).not.toContain(token);
  await signIn();
  await expect(page).toHaveURL(`${second.url}${VIEW}`);
  await expect(page.getByTestId("console-notice")).toContainText(`does not answer; you are on ${new URL(second.url).host}.`);
  // From another site the browser keeps the cookie back at first.
  await page.goto("about:blank");
  await page.setContent(`<a href="${second.url}/nodes?q=edge">go</a>`);
  await page.getByRole("link").click();
  await expect(page).toHaveURL(`${second.url}/nodes?q=edge`);
  await expect(page.getByTestId("connection")).toContainText("live");
});
