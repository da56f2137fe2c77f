// Owns the set-up: what is installed, generated and built, when it must be done again, and how it shows its progress.
// Plain Node without dependencies: it runs before anything is installed.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { buildPages } from "./build-pages.mjs";
import { explainFailure, explainMissing, explainSpace } from "./explain-failure.mjs";
import { takeFileLock } from "./file-lock.mjs";

export const root = path.resolve(import.meta.dirname, "../..");
const buildFolder = path.join(root, ".build");
const bin = (name) => path.join(root, "node_modules", name);

/** Bundles of the server: the process itself, its worker threads and child processes. File name in dist/ → source. */
export const BUNDLES = {
  server: "server/main.ts",
  thread: "server/threads/thread.ts",
  prove: "server/threads/prove.ts",
  "search-thread": "server/threads/search-thread.ts",
  inspect: "server/inspect/inspect.ts",
  loadgen: "server/loadgen/main.ts",
};

const TEXT = /\.(ts|tsx|js|mjs|css|json|svg|png|wav|prisma|sql)$/;
const PAGES = ["app", "components", "server/api", "server/model", "server/planner", "server/topology", "server/policy", "server/loadgen/method", "server/events", "next.config.js", "postcss.config.mjs", "tsconfig.json", "tsconfig.base.json", "agents/protocol", "package-lock.json"];
const SERVER = ["server", "lab/precise-timer.ts", "agents/protocol", "agents/processor", "agents/ingress/oip.ts", "agents/ingress/half.ts", "agents/ingress/grpc/inference-messages.ts", "agents/ingress/grpc/inference-service.json", "prisma/schema.prisma", "package-lock.json"];

/** In order. `inputs` are hashed: same hash and `outputs` there = nothing to do. */
const STEPS = [
  { name: "install", title: "Installing packages", inputs: ["package-lock.json", "package.json", "agents/package.json"], outputs: ["node_modules/.package-lock.json"], isCurrent: isInstalled, run: install },
  { name: "tables", title: "Generating the database client", inputs: ["prisma/schema.prisma", "prisma.config.ts", "package-lock.json"], outputs: ["prisma/generated/client.ts"], run: () => node([bin("prisma/build/index.js"), "generate"]) },
  { name: "pages", title: "Building the pages", inputs: PAGES, outputs: [".next/BUILD_ID"], run: () => buildPages(root, (env) => node([bin("next/dist/bin/next"), "build"], env)) },
  { name: "server", title: "Building the server", inputs: SERVER, outputs: Object.keys(BUNDLES).map((name) => `dist/${name}.mjs`), run: bundleServer },
  { name: "agent", title: "Building the agent", inputs: ["agents", "package-lock.json"], outputs: ["agents/dist/main.mjs"], run: () => node(["agents/build.mjs"]) },
];

/** Does what is missing. `say` gets the progress lines. @returns the names of the steps that ran. @throws Error with a plain sentence */
export async function prepare(say, { only } = {}) {
  const release = await takeBuildLock(say);
  const done = [];
  try {
    for (const step of STEPS) {
      if (only && !only.includes(step.name)) continue;
      const hash = hashOf(step.inputs);
      if (isCurrent(step, hash) || step.isCurrent?.()) continue;
      await withProgress(say, step.title, step.run);
      mkdirSync(buildFolder, { recursive: true });
      writeFileSync(path.join(buildFolder, `${step.name}.hash`), hash);
      done.push(step.name);
    }
  } finally {
    release();
  }
  return done;
}

function isCurrent(step, hash) {
  const stamp = path.join(buildFolder, `${step.name}.hash`);
  return existsSync(stamp) && readFileSync(stamp, "utf8") === hash && step.outputs.every((file) => existsSync(path.join(root, file)));
}

function hashOf(inputs) {
  const hash = createHash("sha256").update(`${process.version} ${process.platform} ${process.arch}`);
  for (const file of inputs.flatMap((input) => filesOf(input))) hash.update(`\n${file}\n`).update(readFileSync(path.join(root, file)));
  return hash.digest("hex");
}

/** True when what npm says it installed is what the lock file asks for, whoever ran npm. */
function isInstalled() {
  try {
    const read = (file) => JSON.parse(readFileSync(path.join(root, file), "utf8")).packages;
    const present = read("node_modules/.package-lock.json");
    // Packages for other machines are in the lock file and never installed.
    return Object.entries(read("package-lock.json")).every(([name, wanted]) => !name.startsWith("node_modules/") || (present[name] ? present[name].version === wanted.version : wanted.optional || wanted.devOptional || wanted.peer || wanted.os));
  } catch {
    return false;
  }
}

/** Files of a folder, sorted, without tests and what is made from them. */
function filesOf(input) {
  const full = path.join(root, input);
  if (!existsSync(full)) return [];
  if (statSync(full).isFile()) return [input];
  const names = readdirSync(full).filter((name) => name !== "node_modules" && name !== "dist" && !name.startsWith("dist.") && name !== "testdata" && !/\.test\.tsx?$/.test(name));
  return names.sort().flatMap((name) => (statSync(path.join(full, name)).isDirectory() ? filesOf(`${input}/${name}`) : TEXT.test(name) ? [`${input}/${name}`] : []));
}

/** A line now, one every ten seconds, one at the end. */
async function withProgress(say, title, work) {
  const startedAt = performance.now();
  const elapsed = () => `${((performance.now() - startedAt) / 1000).toFixed(0)} s`;
  say(`${title}…`);
  const timer = setInterval(() => say(`${title}… ${elapsed()}`), 10_000);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  say(`${title}: done in ${elapsed()}`);
}

/** `npm ci` once more without the network's hiccup; packages that are there already are taken from npm's cache. */
async function install() {
  const scarce = existsSync(path.join(root, "node_modules")) ? null : explainSpace(root, freeBytes());
  if (scarce) throw new Error(scarce);
  // A production setting of the caller would leave the build tools out. Before npm 11 every package's install script runs, and ONNX Runtime's fetches CUDA
  // libraries of several hundred megabytes; a setting of that name in .npmrc would have newer ones warn at each call.
  const env = { NODE_ENV: "development", ONNXRUNTIME_NODE_INSTALL: "skip", npm_config_audit: "false", npm_config_fund: "false", npm_config_update_notifier: "false", npm_config_include: "dev" };
  await command("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], env);
}

function freeBytes() {
  const { bavail, bsize } = statfsSync(root);
  return bavail * bsize;
}

/** Written when all of it is built, each file at once: a source that does not compile leaves the server that was there. */
async function bundleServer() {
  const { build, stop } = await import("esbuild");
  const folder = path.join(root, "dist");
  const entryPoints = Object.fromEntries(Object.entries(BUNDLES).map(([name, file]) => [name, path.join(root, file)]));
  try {
    const { outputFiles } = await build({
      entryPoints, outdir: folder, outExtension: { ".js": ".mjs" }, bundle: true, platform: "node", format: "esm", target: "node20",
      packages: "external", sourcemap: true, sourcesContent: false, logLevel: "silent", write: false,
    });
    mkdirSync(folder, { recursive: true });
    for (const file of outputFiles) {
      writeFileSync(`${file.path}.new`, file.contents);
      renameSync(`${file.path}.new`, file.path);
    }
    const made = new Set(outputFiles.map((file) => path.basename(file.path)));
    for (const name of readdirSync(folder)) if (!made.has(name)) rmSync(path.join(folder, name), { recursive: true, force: true });
  } catch (error) {
    throw explainFailure("esbuild", error.code ?? "error", error.message);
  } finally {
    await stop();
  }
}

const node = (args, env) => command(process.execPath, args, env);

/** Runs quietly; what it printed is shown when it fails. */
export function command(program, args, env = {}, { show = false } = {}) {
  return new Promise((resolve, reject) => {
    const merged = { ...process.env, NEXT_TELEMETRY_DISABLED: "1", CHECKPOINT_DISABLE: "1", PRISMA_HIDE_UPDATE_MESSAGE: "1", ...env };
    // npm's own variables would make an npm inside npm look for the outer one's project.
    const child = spawn(program, args, { cwd: root, env: merged, stdio: ["ignore", show ? "inherit" : "pipe", show ? "inherit" : "pipe"] });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (chunk) => { output = (output + chunk).slice(-20_000); });
    child.once("error", (error) => reject(explainMissing(program, error)));
    child.once("close", (code, signal) => (code === 0 ? resolve() : reject(explainFailure([path.basename(program), ...args].join(" "), code ?? signal, output))));
  });
}

/** Two starts of one clone at the same moment: the second waits for the first one's build. A holder that died does not count. */
async function takeBuildLock(say) {
  const file = path.join(buildFolder, "lock");
  for (let told = false; ; ) {
    const lock = takeLockFile(file);
    if (!lock.holder) return () => lock.release();
    if (!told) say(`Waiting for another start of this clone to finish building (process ${lock.holder.pid})…`);
    told = true;
    await sleep(300);
  }
}

function takeLockFile(file) {
  try {
    mkdirSync(buildFolder, { recursive: true });
    return takeFileLock(file);
  } catch (error) {
    throw explainFailure("npm start", error.code ?? "error", `${buildFolder} can't be written: ${error.message}`);
  }
}
