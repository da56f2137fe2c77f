// Makes the console out of its parts and starts them in order; what it returns stops them in the opposite order.
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { hostname } from "node:os";
import path from "node:path";
import next from "next";
import type { Logger } from "pino";
import { createApiHandler } from "./api/create-api-handler.ts";
import { systemClock } from "./clock.ts";
import { claimDatabase } from "./commands/claim-database.ts";
import { resumeParityChecks } from "./commands/check-plan-parity.ts";
import { ensureFleetTopology } from "./commands/create-topology.ts";
import type { Deps } from "./commands/deps.ts";
import { endInterruptedOperations } from "./commands/run-operation.ts";
import { type Loops, startLoops } from "./control/start.ts";
import { openDatabase } from "./database/open-database.ts";
import type { ConsoleInfo, DoorDeps } from "./deps.ts";
import { type Env, isLoopback } from "./env.ts";
import { createPublisher } from "./events/publish.ts";
import { type AgentListener, startAgentListener } from "./http/agent-listener.ts";
import { answerJson } from "./http/answer.ts";
import { createGuard } from "./http/guard.ts";
import { createHealthHandler } from "./http/health.ts";
import { createInferHandler } from "./http/infer.ts";
import { createInstallHandler } from "./http/install.ts";
import { createLoginHandler } from "./http/login.ts";
import { createMetrics } from "./http/metrics.ts";
import { createWebServer, type WebServer } from "./http/router.ts";
import { createSampleFileHandler } from "./http/sample-file.ts";
import { createUploadHandler } from "./http/upload.ts";
import { sweepModelFolders } from "./inspect/model-folder.ts";
import { agentPorts, checkPort, listen, rememberAgentPort } from "./listen.ts";
import { attachAgents } from "./sockets/agents.ts";
import { attachBrowsers } from "./sockets/browsers.ts";
import type { StartSteps } from "./start-steps.ts";
import { cleanArtifacts } from "./store/artifacts.ts";
import { openDb } from "./store/db.ts";
import { openCertificateAuthority } from "./trust/certificate-authority.ts";
import { authenticate, hashToken, makeFirstAdminToken, makeToken } from "./trust/credentials.ts";
import { issueServerCertificate, keepServerCertificate, ownAddresses } from "./trust/server-certificate.ts";
import { openServerKey, type ServerKey } from "./trust/server-key.ts";

export type RunningConsole = {
  info: ConsoleInfo;
  agentEndpoint: { host: string; port: number };
  /** Shown once, at the first start beyond loopback; else null. */
  adminToken: string | null;
  /** For this process' own clients, the demo: an address on this machine, and a token that is never stored. */
  own: { url: string; token: string };
  /** Ends what `stop` would wait for; safe to call at any time. */
  stop(): Promise<void>;
};
export type StartOptions = { env: Env; root: string; log: Logger; steps: StartSteps };

const WILDCARDS = ["0.0.0.0", "::"];
const STOP_STEP_TIMEOUT_MS = 15_000;

/** Listens when it returns. Whatever fails half-way is undone before the error comes out. */
export async function startConsole(options: StartOptions): Promise<RunningConsole> {
  const stops: (() => Promise<unknown> | unknown)[] = [];
  const stop = async () => {
    for (let undo = stops.pop(); undo; undo = stops.pop()) await inTime(undo, options.log);
  };
  try {
    return { ...(await start(options, stops)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(options: StartOptions, stops: (() => Promise<unknown> | unknown)[]): Promise<Omit<RunningConsole, "stop">> {
  const { env, root, log, steps } = options;
  const port = await checkPort(env.host, env.port);
  // Pages need nothing of ours: they are loaded while PostgreSQL starts.
  const secure = !isLoopback(env.host);
  const pages = next({ dev: process.env.NODE_ENV === "development", dir: root, hostname: env.host, port, quiet: true });
  const preparing = steps.run("pages", () => pages.prepare());
  preparing.catch(() => {});
  stops.push(() => pages.close());

  const database = await steps.run("database", () => openDatabase({ root, dataFolder: env.dataFolder, databaseUrl: env.databaseUrl, log }));
  stops.push(() => database.close());
  log.info({ database: database.summary }, "database ready");
  const db = openDb(database.url);
  stops.push(() => db.$disconnect());
  let loops: Loops | null = null;
  const deps: Deps = { db, clock: systemClock, log, publisher: createPublisher(db, systemClock, log), dataFolder: env.dataFolder, wake: (reason) => loops?.wake(reason) };
  const authority = await openCertificateAuthority(path.join(env.dataFolder, "trust"), systemClock.now());
  if (database.kind === "external") await claimDatabase(deps, { authority: authority.fingerprint, hostname: hostname(), dataFolder: env.dataFolder });
  await steps.run("clean-up", async () => {
    await endInterruptedOperations(deps);
    await sweepModelFolders(path.join(env.dataFolder, "artifacts"));
    await cleanArtifacts(db, env.dataFolder, systemClock.now());
    await ensureFleetTopology(deps);
    await resumeParityChecks(deps);
  });

  const key = await openServerKey(path.join(env.dataFolder, "trust"));
  const adminToken = secure ? await makeFirstAdminToken(db, new Date()) : null;
  const hosts = [...env.publicHosts, ...(WILDCARDS.includes(env.host) ? [hostname(), ...ownAddresses()] : [env.host])];
  const agents = await startAgents({ env, deps, authority, key, hosts, port });
  stops.push(agents.close);

  const own = makeToken("cp");
  const info = infoOf(options, { port, secure, keyPin: secure ? key.pin : null, database: database.kind });
  const doorDeps: DoorDeps = { ...deps, info, authority, agentEndpoint: () => agents.listener.endpoint, actorOf: (headers) => actorOf(deps, headers, { secure, ownHash: own.hash }) };
  const metrics = createMetrics({ connected_agents: { help: "Agents with a connection now.", read: () => agents.sockets.connected().length } });
  const issue = () => issueServerCertificate(authority, { key, hosts, now: systemClock.now() });
  const certificate = secure ? await keepServerCertificate(issue, { now: systemClock.now, onRenewed: (next) => web.renew(next), onFailed: (error) => log.warn({ err: error }, "the console could not renew its certificate") }) : null;
  stops.push(() => certificate?.stop());
  const guard = createGuard({ hosts: new Set(["localhost", "127.0.0.1", "::1", ...hosts.map((host) => host.toLowerCase())]), secure, actorOf: doorDeps.actorOf });
  const web = createWebServer({ guard, log, certificate: certificate?.first ?? null, observe: metrics.observe });
  await preparing;
  addDoors(web, { doorDeps, root, started: () => loops !== null, metrics: metrics.handler, pages: pages.getRequestHandler() });

  loops = startLoops(deps);
  stops.push(() => loops?.stop());
  const browsers = attachBrowsers(web.inner, doorDeps);
  stops.push(() => browsers.close());
  await listen(web.outer, env.host, port);
  stops.push(() => closeServer(web.outer));
  const ownUrl = web.local ? await listenLocally(web.local, stops) : info.consoleUrl;
  return { info, agentEndpoint: agents.listener.endpoint, adminToken, own: { url: ownUrl, token: own.token } };
}

/** A step that hangs must not keep the others from running. */
async function inTime(undo: () => Promise<unknown> | unknown, log: Logger): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(() => {
      log.warn("a part of the console did not stop in time");
      resolve();
    }, STOP_STEP_TIMEOUT_MS);
  });
  await Promise.race([Promise.resolve().then(undo), late]).catch((error) => log.warn({ err: error }, "a part of the console did not stop cleanly"));
  clearTimeout(timer);
}

type AgentsOptions = { env: Env; deps: Deps; authority: Awaited<ReturnType<typeof openCertificateAuthority>>; key: ServerKey; hosts: string[]; port: number };
async function startAgents({ env, deps, authority, key, hosts, port }: AgentsOptions): Promise<{ listener: AgentListener; sockets: ReturnType<typeof attachAgents>; close(): Promise<void> }> {
  const ports = agentPorts(env.dataFolder, { wanted: env.agentPort, webPort: port });
  const advertisedHost = env.publicHosts[0] ?? (env.host === "localhost" ? "127.0.0.1" : env.host);
  const listener = await startAgentListener({ deps, authority, key, host: env.host, ports, hosts, advertisedHost });
  if (env.agentPort === null) rememberAgentPort(env.dataFolder, listener.endpoint.port);
  const sockets = attachAgents(listener.server, deps);
  const close = async () => {
    await sockets.close();
    await listener.close();
  };
  return { listener, sockets, close };
}

function infoOf({ env, root }: StartOptions, about: { port: number; secure: boolean; keyPin: string | null; database: ConsoleInfo["database"] }): ConsoleInfo {
  const { version } = JSON.parse(readFileSync(path.join(root, "package.json"), "utf8")) as { version: string };
  const shown = env.publicHosts[0] ?? (WILDCARDS.includes(env.host) ? (ownAddresses()[0] ?? "localhost") : env.host);
  const consoleUrl = `${about.secure ? "https" : "http"}://${shown.includes(":") ? `[${shown}]` : shown}:${about.port}`;
  return {
    version,
    startedAt: new Date().toISOString(),
    database: about.database,
    dataFolder: env.dataFolder,
    consoleUrl,
    demo: env.demo,
    secure: about.secure,
    keyPin: about.keyPin,
    maxUploadBytes: env.maxUploadBytes,
  };
}

/** A token is looked at even where none is demanded: what a script does carries its name. */
async function actorOf(deps: Deps, headers: Parameters<DoorDeps["actorOf"]>[0], options: { secure: boolean; ownHash: string }): Promise<string | null> {
  if (headers.authorization && hashToken(headers.authorization.replace(/^Bearer /i, "")) === options.ownHash) return "demo";
  const hasToken = headers.authorization !== undefined || (options.secure && headers.cookie !== undefined);
  const credential = hasToken ? await authenticate(deps.db, headers) : null;
  if (credential) return `api:${credential.name}`;
  return options.secure ? null : "console";
}

type Doors = { doorDeps: DoorDeps; root: string; started(): boolean; metrics: WebServer["doors"][number]; pages: ReturnType<ReturnType<typeof next>["getRequestHandler"]> };
function addDoors(web: WebServer, { doorDeps, root, started, metrics, pages }: Doors): void {
  const install = createInstallHandler({
    agentFolder: path.join(root, "agents"),
    nodeModulesFolder: path.join(root, "node_modules"),
    cacheFolder: path.join(doorDeps.dataFolder, "agent-packages"),
    consoleUrl: doorDeps.info.consoleUrl,
  });
  web.doors.push(
    createHealthHandler(doorDeps.db, started),
    metrics,
    createLoginHandler(async (token) => (await authenticate(doorDeps.db, { authorization: `Bearer ${token}` })) !== null),
    async (req, res) => {
      if (req.url !== "/agent-endpoint.json") return false;
      answerJson(res, 200, doorDeps.agentEndpoint());
      return true;
    },
    install,
    createUploadHandler(doorDeps),
    createSampleFileHandler(doorDeps),
    createInferHandler(doorDeps),
    createApiHandler(doorDeps),
    async (req, res) => {
      await pages(req, res);
      return true;
    },
  );
}

async function listenLocally(server: Server, stops: (() => Promise<unknown> | unknown)[]): Promise<string> {
  const port = await checkPort("127.0.0.1", 0);
  await listen(server, "127.0.0.1", port);
  stops.push(() => closeServer(server));
  return `http://127.0.0.1:${port}`;
}

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeIdleConnections();
    // What is still being answered gets a moment; uploads do not hold the stop up.
    setTimeout(() => server.closeAllConnections(), 1_000).unref();
  });
}
