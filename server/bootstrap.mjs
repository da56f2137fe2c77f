// Does what npm's scripts ask for: sets up what is missing, then runs. Plain Node without dependencies: on a fresh clone nothing is installed yet.
import { spawn } from "node:child_process";
import path from "node:path";
import { pathToFileURL } from "node:url";

// ONNX Runtime has telemetry of its own; nothing started from here sends any.
process.env.ORT_DISABLE_TELEMETRY ??= "1";

const [verb = "start", ...args] = process.argv.slice(2);
const { readFileLock } = await import("./bootstrap/file-lock.mjs");
const { prepare, root } = await import("./bootstrap/steps.mjs");
const BENCHES = ["data-plane", "pipeline", "prediction", "move", "import", "console", "console-load", "edits", "start", "planner", "adapt", "adapt-live", "scenarios", "node-loss", "serving", "moves", "soak", "detect", "accuracy"];
/** Benchmarks that look at pages. */
const BROWSER_BENCHES = ["console", "edits"];
const VERBS = { start, test, setup, build: setup, bench, agent, loadgen, screenshots };
// Standard output of `--once`, of an agent, a benchmark and the load generator belongs to them.
const quiet = verb === "agent" || verb === "bench" || verb === "loadgen" || args.includes("--once") || Boolean(process.env.CUTPLANE_ONCE);
const say = (line) => (quiet ? process.stderr : process.stdout).write(`${line}\n`);

process.exitCode = await (VERBS[verb] ?? unknown)().catch((error) => {
  // A sentence for people; what is none is ours and keeps its place.
  console.error(error.stack && error.constructor !== Error ? error.stack : error.message);
  return 1;
});


async function start() {
  // Help, wrong flags and a console that runs already need no build: the server says the rest.
  if (args.includes("--help")) await prepare(say, { only: ["install", "tables", "server"] });
  else {
    const running = runningConsole();
    if (running) {
      console.error(`A console already runs on ${running.folder}: ${running.url ?? "it is still starting"} (process ${running.pid}).\nUse that one, stop it, or give another folder with --data.`);
      return 3;
    }
    await prepare(say);
  }
  return become("dist/server.mjs");
}

async function setup() {
  const done = await prepare(say);
  say(done.length === 0 ? "Nothing to do: everything is up to date." : "Ready.");
  return 0;
}

async function test() {
  const { runTests } = await import("./bootstrap/test.mjs");
  return runTests(say, args);
}

async function bench() {
  const [name, ...rest] = args;
  if (!BENCHES.includes(name)) {
    console.error(`Usage: npm run bench -- NAME, one of ${BENCHES.join(", ")}.${name ? ` There is no benchmark "${name}".` : ""}`);
    return 2;
  }
  const file = `bench/${name}.ts`;
  await prepare(say);
  if (BROWSER_BENCHES.includes(name)) await chooseChromium();
  return run(["node_modules/tsx/dist/cli.mjs", file, ...rest]);
}

async function screenshots() {
  await prepare(say);
  await chooseChromium();
  return run(["node_modules/tsx/dist/cli.mjs", "e2e/screenshots.ts", ...args]);
}

async function chooseChromium() {
  const { findOrInstallChromium } = await import("./bootstrap/chromium.mjs");
  process.env.CHROMIUM_PATH = await findOrInstallChromium(say);
}

async function agent() {
  await prepare(say, { only: ["install", "agent"] });
  return become("agents/dist/main.mjs");
}

async function loadgen() {
  await prepare(say, { only: ["install", "tables", "server"] });
  return become("dist/loadgen.mjs");
}

async function unknown() {
  console.error(`There is no "${verb}": use ${Object.keys(VERBS).join(", ")}.`);
  return 2;
}

/** Whoever holds the data folder, read before a build changes files under its feet. The server itself decides for good. */
function runningConsole() {
  const at = args.indexOf("--data");
  const given = at >= 0 ? args[at + 1] : (args.find((arg) => arg.startsWith("--data="))?.slice("--data=".length) ?? process.env.CUTPLANE_DATA);
  const folder = given ? path.resolve(process.env.INIT_CWD ?? process.cwd(), given) : path.join(root, ".data");
  try {
    const holder = readFileLock(path.join(folder, "console.lock"));
    return holder && { folder, ...holder };
  } catch {
    // The server says what is wrong with the folder.
    return null;
  }
}

/** Goes on as that program, in this very process: signals reach it as they are, and nothing stays behind. @returns the exit code it has set */
async function become(file) {
  const program = path.join(root, file);
  process.argv = [process.argv[0], program, ...args];
  process.env.NODE_ENV = "production";
  process.env.NEXT_TELEMETRY_DISABLED = "1";
  await import(pathToFileURL(program).href);
  return process.exitCode ?? 0;
}

function run(nodeArgs) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, nodeArgs, { cwd: root, stdio: "inherit" });
    child.once("error", (error) => {
      console.error(error.message);
      resolve(1);
    });
    child.once("close", (code, signal) => resolve(code ?? (signal ? 130 : 1)));
  });
}
