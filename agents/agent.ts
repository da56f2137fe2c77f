// Owns putting an agent together: identity in, loops out. Decides nothing a part of it could decide.
import { randomBytes } from "node:crypto";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { ArtifactCache } from "./artifact-cache.ts";
import { createArtifactSource } from "./artifact-source.ts";
import { createAssignments } from "./assignments.ts";
import { startChild } from "./child-process.ts";
import { type ConsoleClient, createConsoleClient } from "./console-client.ts";
import { type ControlLink, createControlLink } from "./control-link.ts";
import { loadPorts, savePorts } from "./data-folder.ts";
import { listenForData, routeDialled } from "./data-listener.ts";
import { isDesired, loadDesired, NOTHING_DESIRED, saveDesired } from "./desired-store.ts";
import type { AgentConfig } from "./env.ts";
import { memoryNow, readHardware, readSystemFile } from "./hardware.ts";
import { certificateTimes, type Identity } from "./identity.ts";
import { createIdentityKeeper } from "./identity-keeper.ts";
import { createIngressHost } from "./ingress-host.ts";
import { createLinkMeter } from "./link-meter.ts";
import type { Log } from "./log.ts";
import { askMeasureProcess, createMeasurements } from "./measure.ts";
import { createSampler } from "./metrics.ts";
import { startMetricsServer } from "./metrics-server.ts";
import { CONTROL_VERSION, type Desired, type Hello, type NodeSample, type Notice } from "./protocol/control.ts";
import { createReporter } from "./reporter.ts";
import type { TlsMaterial } from "./stage/messages.ts";
import { answerProbe } from "./stage/probe.ts";
import { AGENT_VERSION } from "./version.ts";

export type Agent = {
  dataPort: number;
  /** Drains and ends every process it started. */
  stop(): Promise<void>;
};

/** Asking which providers load takes a process and the runtime's library from a cold disk. */
const PROVIDERS_TIMEOUT_MS = 30_000;

export async function startAgent(config: AgentConfig, first: Identity, log: Log): Promise<Agent> {
  const bootId = randomBytes(8).toString("hex");
  const nowMs = () => Date.now();
  const ports = await loadPorts(config.dataFolder);
  let identity = first;
  let desired = await loadDesired(config.dataFolder, identity.nodeId);
  let lastSample: NodeSample | null = null;
  // Last of all to start: what was desired before is worked on first, and has things to tell meanwhile.
  let link: ControlLink | null = null;
  // One object per certificate: who accepts connections keeps its TLS context by it.
  let material = tlsOf(identity);
  const tls = () => material;

  let client: ConsoleClient = createConsoleClient(identity);
  const cache = new ArtifactCache({ folder: join(config.dataFolder, "cache"), source: createArtifactSource(() => client), maxBytes: config.maxCacheBytes });
  await cache.open();
  let hardware = await readHardware(config.dataFolder, []);

  const notice = (one: Omit<Notice, "at">) => {
    log(one.level, one.code, one.message);
    reporter.notice({ ...one, at: new Date(nowMs()).toISOString() });
  };
  const changed = () => reporter.changed();
  const shared = { cache, startChild, tls, dataProxyUrl: config.dataProxyUrl, drainTimeoutMs: config.drainTimeoutMs, nowMs, random: Math.random, notice, changed };
  const assignments = createAssignments({ ...shared, maxMemoryBytes: config.maxMemoryBytes });
  const ingress = createIngressHost({
    ...shared, host: config.ingressHost, advertiseHost: config.advertiseHost,
    port: () => config.ingressPort || ports.ingressPort,
    onPort: (port) => {
      if (port === ports.ingressPort) return;
      ports.ingressPort = port ?? 0;
      savePorts(config.dataFolder, ports).catch((error: Error) => log("warn", "folder", error.message));
    },
  });
  const measurements = createMeasurements({ cache, startChild, hardware: () => hardware, maxMemoryBytes: config.maxMemoryBytes, notice, changed });
  const meter = createLinkMeter({ tls, dataProxyUrl: config.dataProxyUrl, onSample: (sample) => reporter.link(sample) });
  const sampler = createSampler();

  const port = await listenForData({
    host: config.dataHost, port: config.dataPort, rememberedPort: ports.dataPort,
    route: routeDialled({ stage: (id) => assignments.child(id), ingress: () => ingress.child(), probe: (socket) => answerProbe(socket, tls()) }),
    onMoved: (from, to) => log("warn", "data-port", `the remembered data port ${from} is taken, using ${to}: peers learn it from the console`),
  });
  if (port.port !== ports.dataPort) {
    ports.dataPort = port.port;
    await savePorts(config.dataFolder, ports);
  }

  const apply = async (next: Desired) => {
    desired = next;
    assignments.set(next.assignments);
    ingress.set(next.ingress);
    measurements.set(next.measurements);
    meter.set(next.peers);
    const digests = next.ingress.flatMap((route) => [...route.processorFiles.map((file) => file.digest), ...(route.verify ? [route.verify.parityDigest] : [])]);
    await cache.keep([...assignments.inUse().map((one) => one.segment), ...next.measurements.map((task) => task.segment)], digests);
  };
  const hello = (): Hello => {
    hardware = { ...hardware, memoryAvailableBytes: memoryNow(readSystemFile).availableBytes };
    return {
      controlVersion: CONTROL_VERSION, agentVersion: AGENT_VERSION, bootId, cursor: desired.version, hardware,
      dataHost: config.advertiseHost ?? reachableHost(config.dataHost, identity.host), dataPort: config.advertisePort ?? port.port,
    };
  };

  const reporter = createReporter({
    bootId, nowMs, cursor: () => desired.version,
    observe: () => ({ assignments: assignments.observe(), ingress: ingress.observe(), measures: measurements.observe() }),
    sample: () => (lastSample = sampler.sample([...assignments.samples(), ...ingress.samples()])),
    send: (report) => link?.send(report) ?? false,
  });

  // What was desired last is worked on before anyone is asked.
  await apply(desired);
  const providers = askMeasureProcess(startChild, { type: "providers" }, PROVIDERS_TIMEOUT_MS)
    .then((answer) => (answer.type === "providers" ? answer.providers : []), (error: Error) => {
      log("error", "runtime", `ONNX Runtime does not load here: ${error.message}`);
      return [];
    });
  hardware = await readHardware(config.dataFolder, await providers);

  let writing: Promise<unknown> = Promise.resolve();
  const onDesired = (value: unknown): Promise<number> => {
    const done = writing.then(async () => {
      if (!isDesired(value)) throw new Error("it has not the expected fields");
      if (value.nodeId !== identity.nodeId) throw new Error(`it is for node ${value.nodeId}`);
      // Late or repeated: what is stored is newer.
      if (value.version > desired.version) {
        await saveDesired(config.dataFolder, value);
        await apply(value);
      }
      return desired.version;
    });
    writing = done.catch(() => undefined);
    return done;
  };

  const forgetDesired = async () => {
    const nothing = { ...NOTHING_DESIRED, nodeId: identity.nodeId };
    await saveDesired(config.dataFolder, nothing);
    await apply(nothing);
  };

  const keeper = createIdentityKeeper({
    dataFolder: config.dataFolder, identity: () => identity, log,
    onIdentity(next) {
      identity = next;
      material = tlsOf(identity);
      client.close();
      client = createConsoleClient(identity);
      assignments.renewTls(tls());
      ingress.renewTls(tls());
      link?.reconnect();
    },
  });
  link = createControlLink({
    identity: () => identity, hello, onDesired,
    onProblem: (message) => log("error", "control", message),
    onState(state) {
      if (state.kind === "connected") {
        log("info", "connected", `connected to the console at ${identity.host}:${identity.port} as ${identity.name} (${identity.nodeId})`);
        reporter.connected();
      } else if (state.kind === "lost") log("warn", "console", `no connection to the console at ${identity.host}:${identity.port}: ${state.message}; trying again`);
      else log("error", "refused", `the console refuses this node (${state.code}): ${state.message}; asking again`);
      keeper.heard(state);
      // A node that was removed from the fleet serves no more; losing the console is no reason to stop.
      if (state.kind === "refused" && state.code === "forbidden" && desired.version > 0) void forgetDesired();
    },
  });
  const metrics = config.metricsPort === null ? null : await startMetricsServer(config.metricsPort, () => ({
    nodeName: identity.name, connected: link?.connected() ?? false, assignments: assignments.observe(), ingress: ingress.observe(), sample: lastSample,
  }));
  log("info", "started", `agent ${AGENT_VERSION} of node ${identity.name}, data port ${port.port}, certificate until ${new Date(certificateTimes(identity.certificatePem).expiresMs).toISOString()}`);

  return {
    dataPort: port.port,
    async stop() {
      keeper.stop();
      meter.stop();
      measurements.stop();
      // The ingress first: what it has in flight needs the stages.
      await ingress.stop();
      await assignments.stop();
      reporter.stop();
      link?.close();
      client.close();
      await Promise.all([port.close(), metrics?.close(), cache.close()]);
    },
  };
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
