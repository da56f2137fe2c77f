// Owns putting an agent together: identity in, loops out. Decides nothing a part of it could decide.
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { messageOf } from "./agent-error.ts";
import { ArtifactCache } from "./artifact-cache.ts";
import { createArtifactServer } from "./artifact-server.ts";
import { createArtifactSource, type FetchedBytes } from "./artifact-source.ts";
import { createAssignments } from "./assignments.ts";
import { childStarter, type StartChild } from "./child-process.ts";
import { type ConsoleClient, createConsoleClient } from "./console-client.ts";
import { CONSOLE_AWAY, type ControlLink, createControlLink } from "./control-link.ts";
import { loadPorts, type Ports, savePorts } from "./data-folder.ts";
import { listenForData, routeDialled } from "./data-listener.ts";
import { isDesired, loadDesired, NOTHING_DESIRED, saveDesired } from "./desired-store.ts";
import type { AgentConfig } from "./env.ts";
import { memoryNow, readHardware, readSystemFile, usableCores } from "./hardware.ts";
import { certificateTimes, type Identity, movedTo, otherAddresses, saveIdentity } from "./identity.ts";
import { createHoldings, type Holdings } from "./holdings.ts";
import { createIdentityKeeper, type IdentityKeeper } from "./identity-keeper.ts";
import { type HttpTls, readIngressCertificate, watchIngressCertificate } from "./ingress-certificate.ts";
import { IngressHost } from "./ingress-host.ts";
import { createLinkMeter } from "./link-meter.ts";
import { createLossReader } from "./loss-reader.ts";
import type { Log } from "./log.ts";
import type { LogRing } from "./log-ring.ts";
import { askMeasureProcess, createMeasurements } from "./measure.ts";
import { createSampler, type Sampler } from "./metrics.ts";
import { startMetricsServer } from "./metrics-server.ts";
import { agentMetrics, type MetricsView } from "./agent-metrics.ts";
import { createChildMetrics } from "./child-metrics.ts";
import { expositionText } from "./exposition.ts";
import { PeerArtifacts } from "./peer-artifacts.ts";
import { CONTROL_VERSION, type Desired, type Hardware, type Hello, type LinkSample, type NodeSample, type Notice } from "./protocol/control.ts";
import { createReporter } from "./reporter.ts";
import type { DataPort } from "./stage/data-port.ts";
import type { TlsMaterial } from "./stage/messages.ts";
import { answerProbe } from "./stage/probe.ts";
import { steadyNowMs } from "./steady-clock.ts";
import { createThermalReader, type ThermalReader } from "./thermal-reader.ts";
import { LinkUse, usedPeers } from "./used-peers.ts";
import { watchCores } from "./watch-cores.ts";
import { AGENT_VERSION } from "./version.ts";

export type Agent = {
  dataPort: number;
  /** Drains and ends every process it started. */
  stop(): Promise<void>;
};

/** A node that served this lately may do so again in the next moment. */
const SERVING_MS = 3_000;
/** Asking which providers load takes a process and the runtime's library from a cold disk. */
const PROVIDERS_TIMEOUT_MS = 30_000;

/** What changes while the agent runs; each part reads it through a function. */
type State = {
  identity: Identity;
  /** One object per certificate: who accepts connections keeps its TLS context by it. */
  tls: TlsMaterial;
  /** The operator's own for the ingress; null = plain HTTP. */
  httpTls: HttpTls | null;
  client: ConsoleClient;
  desired: Desired;
  hardware: Hardware;
  lastSample: NodeSample | null;
  /** Newest measurement of the way to each peer. */
  links: Map<string, LinkSample>;
  fetched: FetchedBytes;
  /** When this node last worked on a request; 0 = not since it started. */
  servedAtMs: number;
  /** Last of all to start: what was desired before is worked on first, and has things to tell meanwhile. */
  link: ControlLink | null;
};
type Context = { config: AgentConfig; log: Log; ring: LogRing; state: State; ports: Ports; bootId: string; startChild: StartChild; thermal: ThermalReader; sampler: Sampler };
type Parts = ReturnType<typeof createParts>;

export type AgentProcess = { log: Log; ring: LogRing; /** New at each start. */ bootId: string };

export async function startAgent(config: AgentConfig, identity: Identity, { log, ring, bootId }: AgentProcess): Promise<Agent> {
  const state: State = {
    identity, tls: tlsOf(identity), httpTls: config.ingressCertificate && (await readIngressCertificate(config.ingressCertificate)), client: createConsoleClient(identity), desired: await loadDesired(config.dataFolder, identity.nodeId),
    hardware: { ...(await readHardware(config.dataFolder, [])), ...(config.maxMemoryBytes === null ? {} : { maxMemoryBytes: config.maxMemoryBytes }) }, lastSample: null, links: new Map(), fetched: { console: 0, peers: 0, relayed: 0 }, servedAtMs: 0, link: null,
  };
  const startChild = childStarter((entry, line) => log("warn", `${entry}-output`, line));
  const ports = await loadPorts(config.dataFolder);
  const thermal = createThermalReader();
  const context: Context = { config, log, ring, state, ports, bootId, startChild, thermal, sampler: createSampler({ thermal: thermal.take }) };
  // Who gives this process its quota may change it from here on: what was read is what the console is told.
  log("info", "starting", `node ${identity.name}, ${state.hardware.cores} ${state.hardware.cores === 1 ? "core" : "cores"} usable`);
  const peers = new PeerArtifacts({ tls: () => state.tls, dataProxyUrl: config.dataProxyUrl, link: (nodeId) => state.links.get(nodeId), nowMs: steadyNowMs });
  const source = createArtifactSource({ client: () => state.client, peers, nowMs: steadyNowMs, onFetched: (from, bytes) => { state.fetched[from] += bytes; }, log: (message) => log("debug", "artifacts", message) });
  const holdings = createHoldings({ read: () => cache.holdings(), changed: () => parts.reporter.changed(), problem: (message) => log("warn", "cache", message) });
  const cache = new ArtifactCache({ folder: join(config.dataFolder, "cache"), source, maxBytes: config.maxCacheBytes, onHeld: holdings.look });
  await cache.open();
  const parts = createParts(context, { cache, peers, holdings });
  holdings.look();
  const port = await openDataPort(context, parts);
  // What was desired last is worked on before anyone is asked.
  await apply(context, parts, state.desired);
  state.hardware = { ...state.hardware, providers: await providersHere(context) };
  const keeper = connectControl(context, parts, port);
  parts.reporter.cores(usableCores(readSystemFile));
  const endWatchingCores = watchCores((now, before) => {
    parts.notice({ level: now < before ? "warn" : "info", code: "cores-changed", message: `it may use ${now} cores now, ${before} before` });
    parts.reporter.cores(now);
  });
  const losses = createLossReader({ peers: () => state.desired.peers, dataPort: port.port, onLosses: parts.reporter.losses });
  const certificate = config.ingressCertificate && watchIngressCertificate(config.ingressCertificate, {
    onChange(httpTls) {
      state.httpTls = httpTls;
      parts.ingress.renewHttpTls(httpTls);
      log("info", "ingress-certificate", "the ingress's certificate was read again");
    },
    onProblem: (message) => log("warn", "ingress-certificate", message),
  });
  const metrics = config.metricsPort === null ? null : await startMetricsServer(config.metricsPort, { view: () => metricsView(context, parts), metrics: () => metricsText(context, parts) });
  log("info", "started", `agent ${AGENT_VERSION} of node ${identity.name}, data port ${port.port}, certificate until ${new Date(certificateTimes(identity.certificatePem).expiresMs).toISOString()}`);
  return {
    dataPort: port.port,
    async stop() {
      endWatchingCores();
      thermal.stop();
      losses.stop();
      keeper.stop();
      certificate?.stop();
      parts.meter.stop();
      parts.measurements.stop();
      // The ingress first: what it has in flight needs the stages.
      await parts.ingress.stop();
      await parts.assignments.stop();
      parts.reporter.stop();
      state.link?.close();
      state.client.close();
      parts.peers.stop();
      parts.artifacts.stop();
      await Promise.all([port.close(), metrics?.close(), cache.close()]);
    },
  };
}

function metricsView({ state, thermal }: Context, { assignments, ingress, artifacts }: Parts): MetricsView {
  return { nodeName: state.identity.name, connected: state.link?.connected() ?? false, assignments: assignments.observe(), ingress: ingress.observe(), sample: state.lastSample, thermal: thermal.last(), fetched: state.fetched, givenBytes: artifacts.givenBytes() };
}

/** Text exposition format 0.0.4, of all of this agent's processes. */
async function metricsText(context: Context, parts: Parts): Promise<string> {
  const told = await parts.childMetrics.ask([...parts.assignments.children(), ...(parts.ingress.child() ? [parts.ingress.child()!] : [])]);
  return expositionText(agentMetrics(metricsView(context, parts), told));
}

function createParts({ config, log, state, ports, bootId, startChild, sampler }: Context, { cache, peers, holdings }: { cache: ArtifactCache; peers: PeerArtifacts; holdings: Holdings }) {
  // A step of the machine's clock must not stretch or skip a wait.
  const nowMs = steadyNowMs;
  const tls = () => state.tls;
  const notice = (one: Omit<Notice, "at">) => {
    log(one.level, one.code, one.message);
    reporter.notice({ ...one, at: new Date().toISOString() });
  };
  const changed = () => reporter.changed();
  const childMetrics = createChildMetrics();
  const shared = { cache, startChild, tls, dataProxyUrl: config.dataProxyUrl, drainTimeoutMs: config.drainTimeoutMs, nowMs, random: Math.random, notice, changed, toldMetrics: childMetrics.told };
  const assignments = createAssignments({ ...shared, maxMemoryBytes: config.maxMemoryBytes });
  const ingress = new IngressHost({
    ...shared, host: config.ingressHost, advertiseHost: config.advertiseHost ?? reachableHost(config.ingressHost, state.identity.host), httpTls: () => state.httpTls, otlp: config.otlp, sharedMemory: config.sharedMemory,
    sampled: () => reporter.sampled(),
    askConsole: (call) => state.link?.ask(call) ?? Promise.resolve(CONSOLE_AWAY),
    port: () => config.ingressPort || ports.ingressPort,
    onPort: (port) => {
      if (port === ports.ingressPort) return;
      ports.ingressPort = port ?? 0;
      savePorts(config.dataFolder, ports).catch((error: Error) => log("warn", "folder", error.message));
    },
  });
  const measurements = createMeasurements({ cache, startChild, hardware: () => state.hardware, maxMemoryBytes: config.maxMemoryBytes, idleMs: () => (state.servedAtMs === 0 ? Number.POSITIVE_INFINITY : nowMs() - state.servedAtMs), notice, changed });
  const use = new LinkUse();
  const meter = createLinkMeter({
    tls, dataProxyUrl: config.dataProxyUrl, measuring: () => measurements.running(),
    serving: () => state.servedAtMs > 0 && nowMs() - state.servedAtMs < SERVING_MS, carries: (nodeId) => use.carries(nodeId, nowMs()),
    onSample: (sample) => { state.links.set(sample.toNodeId, sample); reporter.link(sample); },
  });
  const artifacts = createArtifactServer({
    held: (digest) => cache.held(digest), openHeld: (digest, start, end) => cache.openHeld(digest, start, end), isPeer: (nodeId) => peers.isPeer(nodeId),
    relay: (nodeId, path, range) => peers.relay(nodeId, path, range), bytesPerSecond: config.shareBytesPerSecond,
  });
  const reporter = createReporter({
    bootId, nowMs: () => Date.now(), cursor: () => state.desired.version,
    observe: () => ({ assignments: assignments.observe(), ingress: ingress.observe(), measures: measurements.observe(), held: holdings.now(), keyCounts: ingress.keyCounts() }),
    sample() {
      state.lastSample = sampler.sample([...assignments.samples(), ...ingress.samples()]);
      if (isServing(state.lastSample)) state.servedAtMs = nowMs();
      use.saw(usedPeers(state.desired, state.lastSample), nowMs());
      return state.lastSample;
    },
    send: (report) => state.link?.send(report) ?? false,
  });
  return { cache, peers, artifacts, assignments, ingress, childMetrics, measurements, meter, reporter, notice };
}

async function openDataPort({ config, log, state, ports }: Context, { assignments, ingress, artifacts }: Parts): Promise<DataPort> {
  const port = await listenForData({
    host: config.dataHost, port: config.dataPort, rememberedPort: ports.dataPort,
    route: routeDialled({ stage: (id) => assignments.child(id), ingress: () => ingress.child(), probe: (socket) => answerProbe(socket, state.tls), artifacts: config.shareBytesPerSecond > 0 ? (socket) => artifacts.accept(socket, state.tls) : null }),
    onMoved: (from, to) => log("warn", "data-port", `the remembered data port ${from} is taken, using ${to}: peers learn it from the console`),
  });
  if (port.port !== ports.dataPort) {
    ports.dataPort = port.port;
    await savePorts(config.dataFolder, ports);
  }
  return port;
}

async function apply({ state }: Context, parts: Parts, next: Desired): Promise<void> {
  state.desired = next;
  // First: what is fetched next may come from them.
  parts.peers.set(next.peers);
  for (const nodeId of state.links.keys()) if (!parts.peers.isPeer(nodeId)) state.links.delete(nodeId);
  parts.assignments.set(next.assignments);
  parts.ingress.set(next.ingress, next.moved, next.unloaded);
  parts.measurements.set(next.measurements);
  parts.meter.set(next.peers);
  const digests = next.ingress.flatMap((route) => [...route.processorFiles.map((file) => file.digest), ...(route.verify ? [route.verify.parityDigest] : [])]);
  await parts.cache.keep([...parts.assignments.inUse().map((one) => one.segment), ...next.measurements.flatMap((task) => [task.segment, ...(task.segments ?? []).map((one) => one.segment)])], digests);
}

async function providersHere({ log, startChild }: Context): Promise<string[]> {
  try {
    const answer = await askMeasureProcess(startChild, { type: "providers" }, PROVIDERS_TIMEOUT_MS);
    return answer.type === "providers" ? answer.providers : [];
  } catch (error) {
    log("error", "runtime", `ONNX Runtime does not load here: ${messageOf(error)}`);
    return [];
  }
}

/** One document at a time, in the order they came; stored before it is worked on, worked on before it is acknowledged. */
function desiredTaker(context: Context, parts: Parts): (value: unknown) => Promise<number> {
  const { config, state } = context;
  let taking: Promise<unknown> = Promise.resolve();
  return (value) => {
    const done = taking.then(async () => {
      if (!isDesired(value)) throw new Error("it has not the expected fields");
      if (value.nodeId !== state.identity.nodeId) throw new Error(`it is for node ${value.nodeId}`);
      // Late or repeated: what is stored is newer.
      if (value.version > state.desired.version) {
        await saveDesired(config.dataFolder, value);
        await apply(context, parts, value);
      }
      return state.desired.version;
    });
    taking = done.catch(() => undefined);
    return done;
  };
}

function connectControl(context: Context, parts: Parts, port: DataPort): IdentityKeeper {
  const { config, log, state, bootId } = context;
  const hello = (): Hello => {
    state.hardware = { ...state.hardware, memoryAvailableBytes: memoryNow(readSystemFile).availableBytes };
    return {
      controlVersion: CONTROL_VERSION, agentVersion: AGENT_VERSION, bootId, cursor: state.desired.version, hardware: state.hardware,
      dataHost: config.advertiseHost ?? reachableHost(config.dataHost, state.identity.host), dataPort: config.advertisePort ?? port.port,
    };
  };
  const keeper = createIdentityKeeper({
    dataFolder: config.dataFolder, identity: () => state.identity, log,
    onIdentity(next) {
      state.identity = next;
      state.tls = tlsOf(next);
      state.client.close();
      state.client = createConsoleClient(next);
      parts.assignments.renewTls(state.tls);
      parts.ingress.renewTls(state.tls);
      state.link?.reconnect();
    },
  });
  let saving: Promise<void> = Promise.resolve();
  const keep = (next: Identity) => {
    state.identity = next;
    saving = saving.then(() => saveIdentity(config.dataFolder, state.identity)).catch((error: Error) => log("warn", "folder", error.message));
  };
  const forgetDesired = async () => {
    const nothing = { ...NOTHING_DESIRED, nodeId: state.identity.nodeId };
    await saveDesired(config.dataFolder, nothing);
    await apply(context, parts, nothing);
  };
  state.link = createControlLink({
    identity: () => state.identity, hello, onDesired: desiredTaker(context, parts),
    onLogs: (query) => context.ring.read(query),
    onMetrics: () => metricsText(context, parts),
    onProblem: (message) => log("error", "control", message),
    onConsoles(told) {
      const others = otherAddresses(state.identity, told);
      if (JSON.stringify(others) !== JSON.stringify(state.identity.others ?? [])) keep({ ...state.identity, others });
    },
    onAddress(address) {
      if (address.host === state.identity.host && address.port === state.identity.port) return;
      keep(movedTo(state.identity, address));
      // Files come from the console this node is connected to.
      state.client.close();
      state.client = createConsoleClient(state.identity);
    },
    onState(link) {
      const { host, port: consolePort, name, nodeId } = state.identity;
      if (link.kind === "connected") {
        log("info", "connected", `connected to the console at ${host}:${consolePort} as ${name} (${nodeId})`);
        parts.reporter.connected();
      } else if (link.kind === "lost") log("warn", "console", `no connection to the console at ${host}:${consolePort}: ${link.message}; trying again`);
      else log("error", "refused", `the console refuses this node (${link.code}): ${link.message}; asking again`);
      keeper.heard(link);
      // A node that was removed from the fleet serves no more; losing the console is no reason to stop.
      if (link.kind === "refused" && link.code === "forbidden" && state.desired.version > 0) {
        forgetDesired().catch((error: Error) => log("error", "folder", error.message));
      }
    },
  });
  return keeper;
}

function tlsOf({ nodeId, keyPem, certificatePem, caPem }: Identity): TlsMaterial {
  return { nodeId, keyPem, certificatePem, caPem };
}

/** An address peers may reach: the one listened on, or this machine's first one where that is "all". Loopback consoles get loopback. */
function reachableHost(dataHost: string, consoleHost: string): string {
  if (!["0.0.0.0", "::", "*"].includes(dataHost)) return dataHost;
  if (["localhost", "127.0.0.1", "::1"].includes(consoleHost)) return "127.0.0.1";
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []).filter((address) => !address.internal);
  return (addresses.find((address) => address.family === "IPv4") ?? addresses[0])?.address ?? "127.0.0.1";
}

function isServing(sample: NodeSample): boolean {
  return sample.stages.some((stage) => stage.done + stage.failed + stage.queueLength > 0) || sample.ingress.some((one) => one.accepted + one.inFlight > 0);
}
