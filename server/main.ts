// Entry of the console: settings, one console a data folder, start, signals, stop. Imported by nobody.
import path from "node:path";
import { type RunningDemo, runDemo } from "./demo/run-demo.ts";
import { endLingering } from "./end-lingering.ts";
import { type Env, helpText, parseEnv, UsageError } from "./env.ts";
import { type Lock, takeLock } from "./lock.ts";
import { createLog } from "./log.ts";
import { outliveOutput } from "./outlive-output.ts";
import { type RunningConsole, startConsole } from "./start-console.ts";
import { createStartSteps } from "./start-steps.ts";
import { listenForStop } from "./stop-signals.ts";

const writeResult = process.stdout.write.bind(process.stdout);
const EXIT = { ok: 0, failed: 1, usage: 2, alreadyRunning: 3, killed: 130 } as const;
const LINGER_LIMIT_MS = 5_000;
/** Of the repository, from dist/ as from server/. */
const root = path.resolve(import.meta.dirname, "..");

// Last to run of what stands at the top level: below it only functions.
outliveOutput([process.stdout, process.stderr]);
process.exitCode = await main();
endLingering({ limitMs: LINGER_LIMIT_MS, resources: () => process.getActiveResourcesInfo(), write: (line) => process.stderr.write(line), exit: () => process.exit() });

async function main(): Promise<number> {
  let env: Env | "help";
  try {
    env = parseEnv(process.argv.slice(2), process.env, root);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return EXIT.usage;
  }
  if (env === "help") {
    process.stdout.write(helpText());
    return EXIT.ok;
  }
  // With --once standard output is for the one JSON line alone.
  // Libraries write there too: what they say goes to standard error with the rest.
  if (env.once) process.stdout.write = process.stderr.write.bind(process.stderr) as typeof process.stdout.write;
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  let lock: ReturnType<typeof takeLock>;
  try {
    lock = takeLock(env.dataFolder);
  } catch (error) {
    return fail(explainFolder(env.dataFolder, error as NodeJS.ErrnoException));
  }
  if ("holder" in lock) {
    const { pid, url } = lock.holder;
    process.stderr.write(`A console already runs on ${env.dataFolder}: ${url ?? "it is still starting"} (process ${pid}).\nUse that one, stop it, or give another folder with --data.\n`);
    return EXIT.alreadyRunning;
  }
  try {
    return await run(env, lock, say);
  } catch (error) {
    return fail((error as Error).message);
  } finally {
    lock.release();
  }
}

function explainFolder(folder: string, error: NodeJS.ErrnoException): string {
  const why: Record<string, string> = {
    EACCES: "this user may not write there",
    EPERM: "this user may not write there",
    EROFS: "its file system is read-only",
    ENOENT: "it can't be made there, perhaps because the file system is read-only",
    ENOSPC: "the disk is full",
    EDQUOT: "the disk quota is used up",
    ENOTDIR: "part of its path is a file",
    EEXIST: "it is a file",
  };
  return `The data folder ${folder} can't be used: ${why[error.code ?? ""] ?? error.message}. Give another one with --data.`;
}

function fail(sentence: string): number {
  process.stderr.write(`Cutplane could not start. ${sentence}\n`);
  return EXIT.failed;
}

async function run(env: Env, lock: Lock, say: (line: string) => void): Promise<number> {
  const steps = createStartSteps();
  const log = createLog({ folder: path.join(env.dataFolder, "logs"), level: env.logLevel, terminal: process.stderr });
  const signal = listenForStop({
    source: process,
    now: () => performance.now(),
    onFirst: () => say("stopping…"),
    onImpatient() {
      lock.release();
      process.exit(EXIT.killed);
    },
  });
  process.on("unhandledRejection", (error) => log.error({ err: error }, "a promise failed unheard"));
  const console = await startConsole({ env, root, log, steps });
  try {
    lock.publish(console.info.consoleUrl);
    log.info({ steps: steps.summary(), url: console.info.consoleUrl }, "listening");
    announce(console, steps, say);
    const demo = env.demo ? await showDemo(env, console, { say, signal }) : "none";
    if (env.once) return demo === "shown" ? EXIT.ok : EXIT.failed;
    if (!signal.aborted) await untilAborted(signal);
    if (typeof demo === "object") await demo.stop();
    return EXIT.ok;
  } finally {
    await console.stop();
    say("stopped");
    log.info("stopped");
  }
}

/** Running = it has to be stopped; "shown" = it has ended by itself, as --once asks; "failed" = it said why. */
async function showDemo(env: Env, console: RunningConsole, options: { say: (line: string) => void; signal: AbortSignal }): Promise<RunningDemo | "shown" | "failed"> {
  const { say, signal } = options;
  try {
    const demo = await runDemo({
      consoleUrl: console.own.url,
      token: console.info.secure ? console.own.token : null,
      dataFolder: env.dataFolder,
      once: env.once,
      cameraPerSecond: env.demoCameraPerSecond,
      log: say,
      signal,
      agentEntry: path.join(root, "agents/dist/main.mjs"),
    });
    const { model, segments, nodes, text, predictedLatencyMs, measuredLatencyMs, isSteady, parityMaxRelError } = demo;
    if (env.once) {
      writeResult(`${JSON.stringify({ model, segments, nodes, text, predictedLatencyMs, measuredLatencyMs, isSteady, parityMaxRelError })}\n`);
      return "shown";
    }
    const predicted = predictedLatencyMs === null ? "no prediction yet" : `${predictedLatencyMs.toFixed(1)} ms predicted for the cut model`;
    say(`\n${model}, cut over ${nodes.join(", ")}, read: "${text}"\n${predicted}, ${measuredLatencyMs.toFixed(1)} ms measured by a client, the processing of the picture in it${isSteady ? "" : " (not steady: this machine is busy with other things)"}\n\nConsole: ${console.info.consoleUrl}   (Ctrl-C ends it and everything it started)\n`);
    return demo;
  } catch (error) {
    if (!signal.aborted) process.stderr.write(`The demo failed: ${(error as Error).message}\n${env.once ? "" : `The console goes on at ${console.info.consoleUrl}.\n`}`);
    return "failed";
  }
}

function announce(console: RunningConsole, steps: { summary(): string; totalMs(): number }, say: (line: string) => void): void {
  const { info, agentEndpoint, adminToken } = console;
  say(`listening at ${info.consoleUrl} after ${steps.totalMs()} ms (${steps.summary()})`);
  say(`agents connect to ${agentEndpoint.host}:${agentEndpoint.port}; data in ${info.dataFolder}`);
  if (adminToken) say(`\nThe admin token, shown this once: ${adminToken}\nSign in at ${info.consoleUrl}/login, or send it as "Authorization: Bearer …".\n`);
}

function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
