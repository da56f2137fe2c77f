// Benchmark "start": how long a second start of the console with its demo takes, against its bare parts started one after the other in the same run.
//   npm run bench -- start [--rounds 3]
// See bench/METHODOLOGY.md.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { pino } from "pino";
import { startEmbeddedPostgres } from "../server/database/embedded-postgres.ts";
import { calibrationFigure } from "./calibration.ts";
import { type Figure, reportBench } from "./report.ts";

const root = path.resolve(import.meta.dirname, "..");
/** The first start imports, measures, cuts and deploys a model. */
const START_TIMEOUT_MS = 300_000;
const STOP_TIMEOUT_MS = 60_000;
/** Any of the demo's agents would do: they differ by name and quota alone. */
const AGENT = "srv-1";
const LISTENING = /listening at (http:\/\/\S+)/;
/** The last line of a start: the model serves, and the demo has measured it with a few requests one after the other. */
const READY = /Console: (http:\/\/\S+)/;
const CONNECTED = /connected to the console/;
const BUILDS = /^(Installing|Generating|Building) .*…$/m;

type Round = { listeningMs: number; readyMs: number; postgresMs: number; serverMs: number; agentMs: number };
type Program = { child: ChildProcess; stop(): Promise<void>; seen(line: RegExp): Promise<{ ms: number; match: RegExpExecArray }>; output(): string };

const { values } = parseArgs({ options: { rounds: { type: "string", default: "3" } } });
const folder = mkdtempSync(path.join(tmpdir(), "cutplane-bench-start-"));
const stops: (() => Promise<unknown>)[] = [];
const say = (line: string) => void process.stderr.write(`${line}\n`);
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void cleanUp().then(() => process.exit(130)));
try {
  say("first start…");
  await startWhole();
  const rounds: Round[] = [];
  for (let round = 1; round <= Number(values.rounds); round++) {
    const { output, ...whole } = await startWhole();
    if (BUILDS.test(output)) throw new Error("A source file changed during the run, so that a start built something. Run it again.");
    rounds.push({ ...whole, ...(await startParts()) });
    say(`round ${round}: ${Object.entries(rounds.at(-1)!).map(([name, ms]) => `${name} ${Math.round(ms)}`).join(", ")}`);
  }
  process.exitCode = reportBench("start", figuresOf(rounds)) ? 0 : 1;
} finally {
  await cleanUp();
}

function figuresOf(rounds: Round[]): Figure[] {
  const of = (pick: (round: Round) => number) => rounds.map(pick).sort((a, b) => a - b)[rounds.length >> 1] ?? Number.NaN;
  // The parts run without the demo's CPU quotas: what those cost is in the ratio.
  const parts = (round: Round) => round.postgresMs + round.serverMs + round.agentMs;
  return [
    calibrationFigure(),
    { figure: "bare: PostgreSQL alone, on the same data", value: of((round) => round.postgresMs), unit: "ms" },
    { figure: "bare: server, its database running", value: of((round) => round.serverMs), unit: "ms" },
    { figure: "bare: one agent, until connected", value: of((round) => round.agentMs), unit: "ms" },
    { figure: "second start, until it listens", value: of((round) => round.listeningMs), unit: "ms", against: "PostgreSQL + server", ratio: of((round) => round.listeningMs / (round.postgresMs + round.serverMs)) },
    { figure: "second-start", value: of((round) => round.readyMs), unit: "ms", against: `PostgreSQL + server + agent, ${Math.round(of(parts))} ms`, ratio: of((round) => round.readyMs / parts(round)), target: { op: "<=", than: 3 } },
  ];
}

/** As a user does it, checks of what is installed and built included; stopped again once it is ready. */
async function startWhole(): Promise<{ listeningMs: number; readyMs: number; output: string }> {
  const program = run("the console", ["server/bootstrap.mjs", "start", "--data", folder, "--port", "0"]);
  const listening = await program.seen(LISTENING);
  const ready = await program.seen(READY);
  await program.stop();
  return { listeningMs: listening.ms, readyMs: ready.ms, output: program.output() };
}

/** Each on what the second start uses too: the same database, authority and identity. */
async function startParts(): Promise<Pick<Round, "postgresMs" | "serverMs" | "agentMs">> {
  const startedMs = performance.now();
  const postgres = await startEmbeddedPostgres({ folder: path.join(folder, "postgres"), log: pino({ level: "silent" }) });
  const postgresMs = performance.now() - startedMs;
  stops.push(() => postgres.stop());
  const server = run("the server", ["dist/server.mjs", "--no-demo", "--data", folder, "--port", "0"], { DATABASE_URL: postgres.url });
  const listening = await server.seen(LISTENING);
  const agent = run("the agent", ["agents/dist/main.mjs", "--console", listening.match[1]!, "--data", path.join(folder, "demo", AGENT), "--data-host", "127.0.0.1", "--drain-timeout", "1"]);
  const connected = await agent.seen(CONNECTED);
  await agent.stop();
  await server.stop();
  await postgres.stop();
  return { postgresMs, serverMs: listening.ms, agentMs: connected.ms };
}

/** Times count from the spawn. */
function run(name: string, words: string[], variables: Record<string, string> = {}): Program {
  const startedMs = performance.now();
  // The demo's camera is off: it would load the machine while the parts start.
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: "production", ORT_DISABLE_TELEMETRY: "1", CUTPLANE_DEMO_CAMERA: "0", ...variables };
  const child = spawn(process.execPath, words, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  const closed = new Promise<void>((resolve) => child.once("close", () => resolve()));
  let output = "";
  const waiting = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => {
    output += chunk;
    for (const look of waiting) look();
  });
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
    await Promise.race([closed, sleep(STOP_TIMEOUT_MS, undefined, { ref: false }).then(() => child.kill("SIGKILL"))]);
  };
  stops.push(stop);
  const seen = (line: RegExp) => new Promise<{ ms: number; match: RegExpExecArray }>((resolve, reject) => {
    const fail = (why: string) => reject(new Error(`${name} ${why}:\n${output.slice(-2_000)}`));
    const timer = setTimeout(fail, START_TIMEOUT_MS, "was not ready in time");
    const look = () => {
      const match = line.exec(output);
      if (!match) return;
      clearTimeout(timer);
      waiting.delete(look);
      resolve({ ms: performance.now() - startedMs, match });
    };
    waiting.add(look);
    void closed.then(() => {
      clearTimeout(timer);
      fail("ended too early");
    });
    look();
  });
  return { child, stop, seen, output: () => output };
}

async function cleanUp(): Promise<void> {
  for (const stop of stops.splice(0).reverse()) await stop();
  endDetached();
  rmSync(folder, { recursive: true, force: true });
}

/** The demo's programs outlive a console that was killed; an orderly stop leaves no record of them. */
function endDetached(): void {
  const demo = path.join(folder, "demo");
  if (!existsSync(demo)) return;
  for (const file of readdirSync(demo).filter((name) => name.endsWith(".pid.json"))) {
    const { pid } = JSON.parse(readFileSync(path.join(demo, file), "utf8")) as { pid: number };
    try {
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(folder)) process.kill(-pid, "SIGKILL");
    } catch {
      // Gone already.
    }
  }
}
