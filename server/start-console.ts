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
import { forgetPeer, hearPeer, tellOwnNodes } from "./consoles/hear-peer.ts";
import { applicationName, type Consoles, joinConsoles } from "./consoles/join-consoles.ts";
import { leaveFolder, shareFolder } from "./consoles/shared-folder.ts";
import { withStartLock } from "./consoles/start-lock.ts";
import { type Loops, startLoops } from "./control/start.ts";
import { openDatabase } from "./database/open-database.ts";
import type { ConsoleInfo, DoorDeps } from "./deps.ts";
import { type Env, isLoopback } from "./env.ts";
import { createPublisher, fencedPublisher } from "./events/publish.ts";
import { type AgentListener, startAgentListener } from "./http/agent-listener.ts";
import { answerJson } from "./http/answer.ts";
import { createConsoleProbeHandler } from "./http/console-probe.ts";
import { createGuard } from "./http/guard.ts";
import { createHealthHandler } from "./http/health.ts";
import { createInferHandler } from "./http/infer.ts";
import { createInstallHandler } from "./http/install.ts";
import { type KnownConsoles, knowConsoles } from "./http/known-consoles.ts";
import { createLoginHandler } from "./http/login.ts";
import { createMetrics } from "./http/metrics.ts";
import { createNodeMetricsHandler } from "./http/node-metrics.ts";
import { createWebServer, type WebServer } from "./http/router.ts";
import { createSampleFileHandler } from "./http/sample-file.ts";
import { createUploadHandler } from "./http/upload.ts";
import { newId } from "./ids.ts";
import { sweepModelFolders } from "./inspect/model-folder.ts";
import { shiftAdaptTimes } from "./live/adapt-state.ts";
import { forgiveSilence } from "./live/forgive-silence.ts";
import { liveFleet } from "./live/live-fleet.ts";
import type { Peers } from "./live/peer-message.ts";
import { agentPorts, checkPort, listen, rememberAgentPort } from "./listen.ts";
import { type AgentSockets, attachAgents } from "./sockets/agents.ts";
import { attachBrowsers } from "./sockets/browsers.ts";
import type { StartSteps } from "./start-steps.ts";
import { cleanArtifacts } from "./store/artifacts.ts";
import { listConsoles, type NewConsole, runOn, saveConsole, type StoredConsole } from "./store/consoles.ts";
import { openDb } from "./store/db.ts";
import { type CertificateAuthority, openCertificateAuthority } from "./trust/certificate-authority.ts";
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
/** Longer than any pause of a console that lives: what it is storing must not be taken for left over. */
const SURELY_GONE_MS = 60_000;

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
  // An operator's own database may serve several consoles.
  const me = database.kind === "external" ? { id: newId("con"), hostname: hostname(), pid: process.pid, url: "", agentHost: "", agentPort: 0, sharedFolder: env.sharedFolder } : null;
  const db = openDb(database.url, me ? { applicationName: applicationName(me.id) } : undefined);
  stops.push(() => db.$disconnect());
  let loops: Loops | null = null;
  let consoles: Consoles | null = null;
  const publisher = createPublisher(db, systemClock, log, (seq) => deps.peers?.tell({ kind: "head", seq }));
  const wakeHere = (reason: string) => loops?.wake(reason);
  const deps: Deps = {
    db, clock: systemClock, log, publisher, dataFolder: env.sharedFolder,
    wake(reason) {
      wakeHere(reason);
      if (consoles && consoles.peers.leaderId() !== me?.id) consoles.peers.tell({ kind: "wake", reason });
    },
    ...(me && { peers: peersOnceJoined(me.id, () => consoles?.peers) }),
  };
  stops.push(systemClock.onJump(({ byMs }) => {
    forgiveSilence(liveFleet(db), byMs);
    shiftAdaptTimes(db, byMs);
    log.warn({ byMs }, "the machine's clock jumped: nodes' silence, moves and cool-downs are counted on as if it had not");
  }));
  const { authority, key, others } = await steps.run("clean-up", () => (me ? withStartLock(database.url, () => makeReady(deps, env, me)) : makeReady(deps, env, null)));
  const adminToken = secure ? await makeFirstAdminToken(db, new Date()) : null;
  const hosts = [...env.publicHosts, ...(WILDCARDS.includes(env.host) ? [hostname(), ...ownAddresses()] : [env.host])];
  const agents = await startAgents({ env, deps, authority, key, hosts, port });
  stops.push(agents.close);

  const own = makeToken("cp");
  const info = infoOf(options, { port, secure, keyPin: secure ? key.pin : null, database: database.kind });
  const known = knowConsoles(info.consoleUrl);
  known.note(others);
  const doorDeps: DoorDeps = { ...deps, info, authority, agentEndpoint: () => agents.listener.endpoint, actorOf: (headers) => actorOf(deps, headers, { secure, ownHash: own.hash }) };
  const metrics = createMetrics({ connected_agents: { help: "Agents with a connection now.", read: () => agents.sockets.connected().length } });
  const issue = () => issueServerCertificate(authority, { key, hosts, now: systemClock.now() });
  const certificate = secure ? await keepServerCertificate(issue, { now: systemClock.now, onRenewed: (next) => web.renew(next), onFailed: (error) => log.warn({ err: error }, "the console could not renew its certificate") }) : null;
  stops.push(() => certificate?.stop());
  const guard = createGuard({ hosts: new Set(["localhost", "127.0.0.1", "::1", ...hosts.map((host) => host.toLowerCase())]), secure, actorOf: doorDeps.actorOf, isKnownConsole: known.isKnown });
  const web = createWebServer({ guard, log, certificate: certificate?.first ?? null, observe: metrics.observe });
  await preparing;
  addDoors(web, { doorDeps, root, known, started: () => loops !== null, metrics: metrics.handler, pages: pages.getRequestHandler() });

  const started = startLoops(deps);
  loops = started;
  stops.push(() => started.stop());
  if (me) {
    const agentHost = new URL(info.consoleUrl).hostname.replace(/^\[|\]$/g, "");
    const agentPort = agents.listener.endpoint.port;
    const joined = await joinOthers({ deps, databaseUrl: database.url, me: Object.assign(me, { url: info.consoleUrl, agentHost, agentPort }), known, loops: started, sockets: agents.sockets, wakeHere });
    consoles = joined;
    stops.push(async () => {
      await joined.stop();
      await leaveFolder(env.sharedFolder, me.id);
    });
  } else started.lead(deps);
  const browsers = attachBrowsers(web.inner, doorDeps, { others: () => known.livingFirst(deps.peers?.others() ?? []) });
  stops.push(() => browsers.close());
  await listen(web.outer, env.host, port);
  stops.push(() => closeServer(web.outer));
  const ownUrl = web.local ? await listenLocally(web.local, stops) : info.consoleUrl;
  return { info, agentEndpoint: agents.listener.endpoint, adminToken, own: { url: ownUrl, token: own.token } };
}

type Ready = { authority: CertificateAuthority; key: ServerKey; /** Consoles with a row, silent ones too. */ others: StoredConsole[] };

/** What must be there before anybody is let in. With other consoles about, only what harms none of their work. */
async function makeReady(deps: Deps, env: Env, me: NewConsole | null): Promise<Ready> {
  const { db } = deps;
  const trust = path.join(env.sharedFolder, "trust");
  const authority = await openCertificateAuthority(trust, systemClock.now());
  if (me) await claimDatabase(deps, { authority: authority.fingerprint, hostname: hostname(), dataFolder: env.sharedFolder });
  const others = me ? await listConsoles(runOn(db)) : [];
  if (me) {
    await shareFolder(env.sharedFolder, me, others);
    await saveConsole(runOn(db), me);
  }
  if (!others.some((other) => other.silentMs < SURELY_GONE_MS)) {
    await endInterruptedOperations(deps);
    await sweepModelFolders(path.join(env.sharedFolder, "artifacts"));
    await cleanArtifacts(db, env.sharedFolder, systemClock.now());
    await resumeParityChecks(deps);
  }
  await ensureFleetTopology(deps);
  return { authority, key: await openServerKey(trust), others };
}

type JoinOptions = { deps: Deps; databaseUrl: string; me: NewConsole; known: KnownConsoles; loops: Loops; sockets: AgentSockets; wakeHere(reason: string): void };

/** Before this console has joined it is alone as far as it knows. */
function peersOnceJoined(consoleId: string, joined: () => Peers | undefined): Peers {
  return {
    consoleId,
    others: () => joined()?.others() ?? [],
    leaderId: () => joined()?.leaderId() ?? null,
    tell: (message) => joined()?.tell(message),
    askLogs: (nodeId, query) => joined()?.askLogs(nodeId, query) ?? Promise.reject(new Error("this console is still starting")),
    askThought: (deploymentId) => joined()?.askThought(deploymentId) ?? Promise.reject(new Error("this console is still starting")),
    askAccept: (accept) => joined()?.askAccept(accept) ?? Promise.reject(new Error("this console is still starting")),
  };
}

/** Leads or follows when it returns. */
async function joinOthers({ deps, databaseUrl, me, known, loops, sockets, wakeHere }: JoinOptions): Promise<Consoles> {
  const { log } = deps;
  /** What other consoles ran and nobody runs now. */
  const takeOver = async (): Promise<void> => {
    await endInterruptedOperations(deps);
    await resumeParityChecks(deps);
  };
  const inBackground = (work: Promise<unknown>) => void work.catch((error) => log.warn({ err: error }, "the work of a console that is gone could not be taken over"));
  let leads = false;
  let joined: Consoles | null = null;
  const consoles = await joinConsoles({
    databaseUrl, me, log,
    onLead({ term, reason, after, fence }) {
      leads = true;
      const publisher = fencedPublisher(deps.publisher, fence);
      loops.lead({ ...deps, publisher });
      if (after) inBackground(publisher.transact((_, append) => append({ name: "console.leads", subjectId: me.id, actor: "control", message: `The console at ${me.url} leads now. ${reason}`, payload: { consoleId: me.id, term, after } })));
      inBackground(takeOver());
    },
    onFollow() {
      leads = false;
      loops.follow();
    },
    onMessage: (from, message) => hearPeer({ deps, answerLogs: (askId, answer) => joined?.answerLogs(askId, answer), wake: wakeHere }, from, message),
    onOthers(now, gone) {
      known.note(now);
      for (const id of gone) forgetPeer(deps, id);
      sockets.tellConsoles([me, ...now].map(({ agentHost, agentPort }) => ({ host: agentHost, port: agentPort })).filter(({ port }) => port > 0));
      // Who comes asks for them when it starts to listen; this one may not have known it yet, and have told nobody.
      tellOwnNodes(deps);
      wakeHere("another console came or went");
      if (leads && gone.length > 0) inBackground(takeOver());
    },
  });
  joined = consoles;
  return consoles;
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
  const sockets = attachAgents(listener.server, deps, { isOpen: isLoopback(env.host) });
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

type Doors = { doorDeps: DoorDeps; root: string; known: KnownConsoles; started(): boolean; metrics: WebServer["doors"][number]; pages: ReturnType<ReturnType<typeof next>["getRequestHandler"]> };
function addDoors(web: WebServer, { doorDeps, root, known, started, metrics, pages }: Doors): void {
  const install = createInstallHandler({
    agentFolder: path.join(root, "agents"),
    nodeModulesFolder: path.join(root, "node_modules"),
    cacheFolder: path.join(doorDeps.info.dataFolder, "agent-packages"),
    consoleUrl: doorDeps.info.consoleUrl,
  });
  web.doors.push(
    createHealthHandler(doorDeps.db, { isStarted: started, isKnownConsole: known.isKnown }),
    createConsoleProbeHandler(known.origins),
    metrics,
    createNodeMetricsHandler(doorDeps),
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
