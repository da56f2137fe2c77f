// Owns the agent's process: reads the flags, gets an identity, starts the agent, drains on a signal and ends with a code that says why.
import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { type AgentProcess, startAgent } from "./agent.ts";
import { AgentError, EXIT, messageOf } from "./agent-error.ts";
import { checkNode } from "./check.ts";
import { startChild } from "./child-process.ts";
import { takeDataFolder } from "./data-folder.ts";
import { enrol } from "./enrol.ts";
import { type AgentConfig, helpText, parseCommand } from "./env.ts";
import { readHardware } from "./hardware.ts";
import { certificateTimes, type Identity, loadIdentity, saveIdentity } from "./identity.ts";
import { createLog, type Log } from "./log.ts";
import { LogRing } from "./log-ring.ts";
import { askMeasureProcess } from "./measure.ts";
import { outliveOutput } from "./outlive-output.ts";
import { AGENT_VERSION } from "./version.ts";

const FIRST_RETRY_MS = 1_000;
const MAX_RETRY_MS = 30_000;
/** A Ctrl-C reaches the agent from the terminal and again from npm or a supervisor: within this time it is one. */
const SAME_SIGNAL_MS = 500;

async function main(): Promise<void> {
  outliveOutput([process.stdout, process.stderr]);
  const command = parseCommand(process.argv.slice(2), process.env);
  // Children inherit the environment; the token is nobody's business but this function's.
  delete process.env.CUTPLANE_TOKEN;
  if (command.kind === "help") return void process.stdout.write(helpText());
  if (command.kind === "version") return void process.stdout.write(`${AGENT_VERSION}\n`);
  const bootId = randomBytes(8).toString("hex");
  const ring = new LogRing(bootId);
  const log = createLog(command.config.logLevel, undefined, (line) => ring.add(line));
  if (command.kind === "check") process.exit((await checkNode(command.config, (line) => process.stdout.write(`${line}\n`))) ? EXIT.ok : EXIT.check);
  if (command.kind === "join") return join(command.config, log);
  await run(command.config, { log, ring, bootId });
}

/** Gets the identity and ends: what an installer does before it hands over to a service that never sees the token. */
async function join(config: AgentConfig, log: Log): Promise<void> {
  const folder = await takeDataFolder(config.dataFolder);
  try {
    const identity = await obtainIdentity(config, log, new AbortController().signal);
    await saveIdentity(config.dataFolder, identity);
  } finally {
    await folder.release();
  }
}

async function run(config: AgentConfig, agentProcess: AgentProcess): Promise<void> {
  const { log } = agentProcess;
  const folder = await takeDataFolder(config.dataFolder);
  const stopping = new AbortController();
  let firstSignalMs = 0;
  let agent: Awaited<ReturnType<typeof startAgent>> | null = null;
  const onSignal = (signal: NodeJS.Signals) => {
    if (stopping.signal.aborted) {
      if (Date.now() - firstSignalMs < SAME_SIGNAL_MS) return;
      process.exit(128 + (signal === "SIGINT" ? 2 : 15));
    }
    firstSignalMs = Date.now();
    stopping.abort();
    log("info", "stopping", `${signal}: finishing what is in flight; once more to end at once`);
    void (agent?.stop() ?? Promise.resolve()).then(async () => {
      await folder.release();
      log("info", "stopped", "ended");
      process.exit(EXIT.ok);
    });
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    const identity = await obtainIdentity(config, log, stopping.signal);
    const started = await startAgent(config, identity, agentProcess);
    agent = started;
    if (stopping.signal.aborted) await started.stop();
  } catch (error) {
    await folder.release();
    if (!stopping.signal.aborted) throw error;
  }
}

/** The stored one, or a new one for the token. A console that cannot be reached is waited for; a refusal is final. */
async function obtainIdentity(config: AgentConfig, log: Log, signal: AbortSignal): Promise<Identity> {
  const stored = await loadIdentity(config.dataFolder);
  const expired = stored !== null && certificateTimes(stored.certificatePem).expiresMs <= Date.now();
  if (stored && !(expired && config.token)) {
    if (expired) log("error", "identity-expired", `this node's certificate expired at ${new Date(certificateTimes(stored.certificatePem).expiresMs).toISOString()}; if its console does not renew it, join again with --token`);
    const [first] = config.consoleUrls;
    return first !== undefined && !config.consoleUrls.includes(stored.consoleUrl) ? { ...stored, consoleUrl: first } : stored;
  }
  const { consoleUrls } = config;
  if (!config.token || consoleUrls.length === 0) {
    throw new AgentError("identity-missing", `this node has not joined a console yet (${config.dataFolder} holds no identity): give --console URL and --token TOKEN, the console's page "Add a node" shows both`);
  }
  const answer = await askMeasureProcess(startChild, { type: "providers" }, 30_000).catch(() => null);
  const hardware = await readHardware(config.dataFolder, answer?.type === "providers" ? answer.providers : []);
  for (let attempt = 0; ; attempt++) {
    const consoleUrl = consoleUrls[attempt % consoleUrls.length] as string;
    try {
      const identity = await enrol({ consoleUrl, token: config.token, name: config.name ?? hostname(), hardware });
      await saveIdentity(config.dataFolder, identity);
      log("info", "joined", `joined ${consoleUrl} as ${identity.name} (${identity.nodeId})`);
      return identity;
    } catch (error) {
      if (!(error instanceof AgentError) || !error.retry) throw error;
      // The next address is asked at once; who has asked all of them waits.
      const round = Math.floor(attempt / consoleUrls.length);
      if ((attempt + 1) % consoleUrls.length !== 0) {
        log("warn", error.code, `${error.message}; asking the next console`);
        continue;
      }
      const pauseMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(6, round)) * (0.75 + Math.random() / 2);
      log("warn", error.code, `${error.message}; trying again in ${Math.round(pauseMs / 1000)} s`);
      await sleep(pauseMs, undefined, { signal });
    }
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`cutplane-agent: ${messageOf(error)}\n`);
  if (!(error instanceof AgentError) && error instanceof Error) process.stderr.write(`${error.stack}\n`);
  process.exit(error instanceof AgentError ? error.exitCode : EXIT.failed);
});
