// What a new node does: fetches install.sh over HTTP, runs it with sh, joins, works, and is gone again after --uninstall.
import { execFile, execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type FakeConsole, startFakeConsole } from "../../agents/testdata/fake-console.ts";
import { createInstallHandler } from "./install.ts";
import { renderInstallScript } from "./install-script.ts";

const run = promisify(execFile);
const root = resolve(import.meta.dirname, "../..");
const work = mkdtempSync(join(tmpdir(), "cutplane-install-"));
const agentFolder = join(work, "agent");
let fake: FakeConsole;
let server: Server;
let url: string;

beforeAll(async () => {
  mkdirSync(agentFolder);
  writeFileSync(join(agentFolder, "package.json"), readFileSync(join(root, "agents/package.json")));
  await run(process.execPath, [join(root, "agents/build.mjs"), join(agentFolder, "dist")], { cwd: root });
  fake = await startFakeConsole();
  const handler = createInstallHandler({ agentFolder, nodeModulesFolder: join(root, "node_modules"), cacheFolder: join(work, "packages"), consoleUrl: "http://console.invalid" });
  server = createServer(async (req, res) => {
    if (await handler(req, res)) return;
    if (req.url === "/agent-endpoint.json") return void res.end(JSON.stringify({ host: "127.0.0.1", port: fake.port, caPem: fake.caPem, controlVersion: 1 }));
    res.writeHead(404).end();
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 180_000);
afterAll(async () => {
  server?.close();
  await fake?.close();
  rmSync(work, { recursive: true, force: true });
});

async function scriptFile(): Promise<string> {
  const path = join(work, "install.sh");
  const response = await fetch(`${url}/install.sh`);
  expect(response.status).toBe(200);
  writeFileSync(path, await response.text());
  return path;
}
const installRoot = (home: string) => join(home, "cutplane agent");
// The type of Next.js demands a NODE_ENV that a fresh node does not have.
const environment = (home: string) => ({ PATH: process.env.PATH ?? "", HOME: home, CUTPLANE_INSTALL_ROOT: installRoot(home) }) as unknown as NodeJS.ProcessEnv;

test("the script is POSIX sh, names the address it was asked at and the digests of the packages", async () => {
  const path = await scriptFile();
  execFileSync("sh", ["-n", path]);
  const text = readFileSync(path, "utf8");
  expect(text).toContain(`CONSOLE='${url}'`);
  expect(text).toMatch(new RegExp(`${process.platform}-${process.arch}\\) SHA256=[0-9a-f]{64} ;;`));
  expect(text).not.toMatch(/@[A-Z]+@/);
}, 180_000);

test("the unit names its files as systemd reads them, spaces in their paths included", async () => {
  const lines = readFileSync(await scriptFile(), "utf8").trimEnd().split("\n");
  expect(lines.pop()).toBe('main "$@"');
  const folder = join(work, "units of mine");
  mkdirSync(join(folder, "app/dist"), { recursive: true });
  for (const name of ["agent.env", "app/dist/main.mjs"]) writeFileSync(join(folder, name), "");
  execFileSync("sh", ["-s"], { input: `${lines.join("\n")}\nROOT='${folder}' UNIT_FOLDER='${folder}' NODE='${process.execPath}'\nwrite_unit\n`, env: environment(work) });
  const unit = join(folder, "cutplane-agent.service");
  expect(readFileSync(unit, "utf8")).toContain(`\nEnvironmentFile=${folder}/agent.env\nExecStart="${process.execPath}" "${folder}/app/dist/main.mjs"\n`);
  // Where systemd is, it is asked itself; what it does not like it says, and goes on.
  const { error, stderr } = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8", env: environment(work) });
  if (!error) expect(stderr.split("\n").filter((line) => line.includes("cutplane-agent"))).toEqual([]);
});

test("a folder that sh or systemd would read otherwise is refused before anything is written", async () => {
  const home = join(work, "odd");
  const { status, stderr } = spawnSync("sh", [await scriptFile(), "--token", "t"], { encoding: "utf8", env: { ...environment(home), CUTPLANE_INSTALL_ROOT: join(home, "a$b") } });
  expect({ status, stderr }).toMatchObject({ status: 1, stderr: expect.stringContaining("cannot be used") });
  expect(existsSync(home)).toBe(false);
});

test("a console address that could break out of the script is refused", () => {
  expect(() => renderInstallScript({ consoleUrl: "http://x'; rm -rf /;'", version: "1", packages: {} })).toThrow("not fit");
});

test("install, join, run and uninstall in a home of its own, with nothing left", async () => {
  const home = mkdtempSync(join(work, "home-"));
  const env = environment(home);
  const script = await scriptFile();
  const installed = spawn("sh", [script, "--token", fake.token, "--name", "fresh node", "--foreground"], { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [installed.stdout, installed.stderr]) stream.on("data", (part) => (output += part));
  const ended = new Promise<number | null>((done) => installed.on("exit", done));
  for (let waited = 0; fake.reports.length === 0 && waited < 300 && installed.exitCode === null; waited++) await new Promise((done) => setTimeout(done, 100));
  expect(fake.hellos[0]?.hardware.providers, output).toEqual(["cpu"]);
  const app = join(installRoot(home), "app");
  expect(existsSync(join(app, "dist/main.mjs"))).toBe(true);
  // The token is nowhere: grep finds no file and says so with exit code 1.
  expect(spawnSync("grep", ["-rlF", fake.token.slice(4, 24), home]).status).toBe(1);
  await run("sh", [script, "--uninstall"], { env });
  expect(await ended).toBe(0);
  expect(readdirSync(home)).toEqual([]);
}, 180_000);

test("a package that is not the one of the script is not installed", async () => {
  const home = mkdtempSync(join(work, "home-"));
  const script = join(work, "changed.sh");
  writeFileSync(script, readFileSync(await scriptFile(), "utf8").replace(/SHA256=[0-9a-f]{64}/g, `SHA256=${"0".repeat(64)}`));
  await expect(run("sh", [script, "--token", fake.token], { env: environment(home) })).rejects.toThrow("wrong sha-256");
  expect(existsSync(join(home, "cutplane agent/app"))).toBe(false);
}, 180_000);

test.each([
  [["--token"], "--token needs a value"],
  [["--tokens", "x"], "unknown option: --tokens"],
  [["--name", "a$(id)"], "that value cannot be used"],
])("bad arguments %j get one sentence", async (args, sentence) => {
  await expect(run("sh", [await scriptFile(), ...args], { env: environment(work) })).rejects.toThrow(sentence);
});

test("an unknown package is answered with 404", async () => {
  expect((await fetch(`${url}/agent/9.9.9-${process.platform}-${process.arch}.tgz`)).status).toBe(404);
  expect((await fetch(`${url}/agent/0.1.0-plan9-mips.tgz`)).status).toBe(404);
});
