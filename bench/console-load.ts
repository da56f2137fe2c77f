// Benchmark "console-load": a real console with simulated agents (no machine behind them) that report at 1 Hz over mutual TLS, and one browser that
// follows. Shows what the control plane costs and whether its feed stays smooth; says nothing of inference.
// Usage: npm run bench -- console-load [--agents 1000] [--seconds 30]. Needs Linux for the CPU figure.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, webcrypto } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { io, type Socket } from "socket.io-client";
import { type AgentEndpoint, CONTROL_VERSION, type Desired, type EnrolResponse, type Hardware, type Hello, type NodeSample, type Report } from "../agents/protocol/control.ts";
import { calibrationFigure } from "./calibration.ts";
import { type Figure, reportBench } from "./report.ts";

/** Enrolments and connections at once: a fleet that starts together is another test. */
const PARALLEL = 16;
const START_TIMEOUT_MS = 120_000;
/** Linux counts CPU time in hundredths of a second. */
const TICKS_PER_SECOND = 100;
/** Samples are made each second: a gap past this is seen as a stutter. */
const SMOOTH_GAP_MS = 1_500;

const { values } = parseArgs({ options: { agents: { type: "string", default: "1000" }, seconds: { type: "string", default: "30" } } });
const agentCount = Number(values.agents);
const seconds = Number(values.seconds);
const root = path.resolve(import.meta.dirname, "..");
const folder = mkdtempSync(path.join(tmpdir(), "cutplane-console-load-"));
const sockets: Socket[] = [];
let server: ChildProcess | null = null;
try {
  server = startServer();
  const url = await addressOf(server);
  const pid = server.pid as number;
  const endpoint = (await (await fetch(`${url}/agent-endpoint.json`)).json()) as AgentEndpoint;
  process.stderr.write(`enrolling ${agentCount} simulated agents…\n`);
  const acknowledgedMs: number[] = [];
  const counts = { sent: 0, acknowledged: 0, documents: 0, ended: 0 };
  const agents = await enrolAll(url, endpoint, counts);
  const gapsMs: number[] = [];
  const browser = followAsBrowser(url, gapsMs);
  await pause(3_000);
  process.stderr.write(`measuring for ${seconds} s…\n`);
  gapsMs.length = 0;
  const cpuBefore = cpuSeconds(pid);
  const startedAt = performance.now();
  const stops = agents.map((agent, index) => reportEachSecond(agent, (index / agentCount) * 1000, counts, acknowledgedMs));
  await pause(seconds * 1000);
  const elapsed = (performance.now() - startedAt) / 1000;
  const cores = (cpuSeconds(pid) - cpuBefore) / elapsed;
  for (const stop of stops) stop();
  await pause(2_000);
  const memory = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1000;
  browser.disconnect();
  const figures: Figure[] = [
    calibrationFigure(),
    { figure: "simulated agents, at 1 Hz", value: agentCount, unit: "agents" },
    { figure: "console's CPU, without PostgreSQL", value: cores, unit: "cores", target: { op: "<=", than: 1 } },
    { figure: "console's memory", value: memory, unit: "MB" },
    { figure: "reports taken", value: counts.acknowledged / elapsed, unit: "reports/s" },
    { figure: "reports lost", value: counts.sent - counts.acknowledged, unit: "reports", target: { op: "==", than: 0 } },
    { figure: "connections ended", value: counts.ended, unit: "connections", target: { op: "==", than: 0 } },
    { figure: "report to acknowledgement, p50", value: quantile(acknowledgedMs, 0.5), unit: "ms" },
    { figure: "report to acknowledgement, p99", value: quantile(acknowledgedMs, 0.99), unit: "ms" },
    { figure: "gap between a browser's samples, p99", value: quantile(gapsMs, 0.99), unit: "ms", target: { op: "<=", than: SMOOTH_GAP_MS } },
    { figure: "gap between a browser's samples, longest", value: quantile(gapsMs, 1), unit: "ms" },
  ];
  process.exitCode = reportBench("console-load", figures) ? 0 : 1;
} finally {
  for (const socket of sockets) socket.disconnect();
  if (server) await stopServer(server);
  rmSync(folder, { recursive: true, force: true });
}

function startServer(): ChildProcess {
  const entry = path.join(root, "dist/server.mjs");
  if (!existsSync(entry)) throw new Error("The console is not built: run `npm run build` first.");
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: "production", CUTPLANE_LOG_LEVEL: "warn" };
  return spawn(process.execPath, [entry, "--no-demo", "--port", "0", "--agent-port", "0", "--data", folder], { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
}

/** The address it prints once it listens. */
function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => reject(new Error("The console did not start in time.")), START_TIMEOUT_MS);
    child.once("exit", (code) => reject(new Error(`The console ended with code ${code}.`)));
    child.stdout?.on("data", (chunk) => {
      text += chunk;
      const url = /listening at (\S+)/.exec(text)?.[1];
      if (!url) return;
      clearTimeout(timer);
      resolve(url);
    });
  });
}

function stopServer(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.removeAllListeners("exit");
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

type Counts = { sent: number; acknowledged: number; documents: number; ended: number };
type SimulatedAgent = { socket: Socket; nodeId: string; bootId: string };

async function enrolAll(url: string, endpoint: AgentEndpoint, counts: Counts): Promise<SimulatedAgent[]> {
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  // One key for all of them: the console never sees it, and a thousand keys would only heat the client.
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const keyPem = x509.PemConverter.encode(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
  const csr = await x509.Pkcs10CertificateRequestGenerator.create({ name: "CN=simulated", keys: keys as unknown as CryptoKeyPair, signingAlgorithm: algorithm }, webcrypto as unknown as Crypto);
  const agents: SimulatedAgent[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let index = next++; index < agentCount; index = next++) agents.push(await enrolOne(url, endpoint, { index, keyPem, csrPem: csr.toString("pem"), counts }));
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  return agents;
}

async function enrolOne(url: string, endpoint: AgentEndpoint, own: { index: number; keyPem: string; csrPem: string; counts: Counts }): Promise<SimulatedAgent> {
  const { index, keyPem, csrPem, counts } = own;
  const made = await fetch(`${url}/api/v1/join-tokens`, { method: "POST", headers: { "content-type": "application/json" }, body: "{}" });
  if (!made.ok) throw new Error(`A join token could not be made: ${await made.text()}`);
  const { token } = (await made.json()) as { token: string };
  const hardware: Hardware = { hostname: "simulated", platform: "simulated", arch: "simulated", cpuModel: "simulated", cores: 1, memoryBytes: 8e9, memoryAvailableBytes: 4e9, diskFreeBytes: 1e11, providers: ["cpu"], deviceClass: "simulated", nodeVersion: "", agentVersion: "simulated", ortVersion: "" };
  const enrolled = await post<EnrolResponse>(endpoint, "/enrol", { controlVersion: CONTROL_VERSION, token, csrPem, name: `simulated-${index}`, hardware });
  const bootId = createHash("sha256").update(enrolled.nodeId).digest("hex").slice(0, 16);
  const hello: Hello = { controlVersion: CONTROL_VERSION, agentVersion: "simulated", bootId, cursor: 0, hardware, dataHost: "127.0.0.1", dataPort: 1 + (index % 60_000) };
  const tls = { ca: endpoint.caPem, cert: enrolled.certificatePem, key: keyPem, checkServerIdentity: () => undefined };
  const socket = io(`https://${endpoint.host}:${endpoint.port}/agents`, { ...(tls as object), transports: ["websocket"], reconnection: false, forceNew: true, auth: hello });
  sockets.push(socket);
  socket.on("desired", (document: Desired, acknowledge: (answer: { cursor: number }) => void) => {
    counts.documents++;
    acknowledge({ cursor: document.version });
  });
  socket.on("disconnect", (reason) => {
    if (reason !== "io client disconnect") counts.ended++;
  });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("connect_error", reject));
  return { socket, nodeId: enrolled.nodeId, bootId };
}

function post<T>(endpoint: AgentEndpoint, pathname: string, body: unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    const call = request({ host: endpoint.host, port: endpoint.port, path: pathname, method: "POST", ca: endpoint.caPem, checkServerIdentity: () => undefined, headers: { "content-type": "application/json" } }, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += chunk;
      });
      response.on("end", () => (response.statusCode === 200 ? resolve(JSON.parse(text) as T) : reject(new Error(text))));
    });
    call.on("error", reject);
    call.end(JSON.stringify(body));
  });
}

/** About 0.9 KB, the size of an agent with two stages. Figures drift, so that every report changes something. */
function reportEachSecond(agent: SimulatedAgent, phaseMs: number, counts: Counts, acknowledgedMs: number[]): () => void {
  let seq = 0;
  const send = (): void => {
    seq++;
    const stage = (stageIndex: number) => ({ assignmentId: `asg_simulated_${stageIndex}`, deploymentId: "dep_simulated", epoch: 1, stageIndex, done: 20, failed: 0, queueLength: seq % 3, computeMsP50: 5 + (seq % 7), computeMsP99: 9, queueMsP50: 0.2, receivedBytes: 160_000, sentBytes: 160_000, upstreamNodeIds: [] });
    const sample: NodeSample = { cpuRatio: (seq % 10) / 10, agentCpuCores: 0.4, memoryUsedBytes: 4e9 + seq, agentRssBytes: 1.8e8, stages: [stage(0), stage(1)], ingress: [] };
    const report: Report = { seq, at: new Date().toISOString(), bootId: agent.bootId, cursor: 0, sample };
    const sentAt = performance.now();
    counts.sent++;
    agent.socket.emit("report", report, () => {
      counts.acknowledged++;
      acknowledgedMs.push(performance.now() - sentAt);
    });
  };
  let interval: NodeJS.Timeout | null = null;
  const first = setTimeout(() => {
    send();
    interval = setInterval(send, 1_000);
  }, phaseMs);
  return () => {
    clearTimeout(first);
    if (interval) clearInterval(interval);
  };
}

function followAsBrowser(url: string, gapsMs: number[]): Socket {
  const socket = io(`${url}/live`, { transports: ["websocket"], forceNew: true });
  let lastAt: number | null = null;
  socket.on("connect", () => socket.emit("follow", { afterSeq: null }));
  socket.on("samples", () => {
    const now = performance.now();
    if (lastAt !== null) gapsMs.push(now - lastAt);
    lastAt = now;
  });
  sockets.push(socket);
  return socket;
}

/** User and system time of the process so far. */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}
