// Owns a console of its own for a benchmark, and simulated agents for it: enrolled and connected like real ones over mutual TLS, with no machine behind them.
// What they report is made up. They show what the control plane and the console's screens cost; nothing of inference.
import { type ChildProcess, spawn } from "node:child_process";
import { createHash, webcrypto } from "node:crypto";
import { existsSync } from "node:fs";
import { request } from "node:https";
import path from "node:path";
import "reflect-metadata";
import * as x509 from "@peculiar/x509";
import { io, type Socket } from "socket.io-client";
import { type AgentEndpoint, CONTROL_VERSION, type Desired, type EnrolResponse, type Hardware, type Hello, type NodeSample, type Report } from "../agents/protocol/control.ts";

/** Enrolments and connections at once: a fleet that starts together is another test. */
const PARALLEL = 16;
const START_TIMEOUT_MS = 120_000;
const root = path.resolve(import.meta.dirname, "..");

/** The built console on a data folder, without demo, on free ports. @throws Error when it was not built */
export function startServer(folder: string): ChildProcess {
  const entry = path.join(root, "dist/server.mjs");
  if (!existsSync(entry)) throw new Error("The console is not built: run `npm run build` first.");
  const env: NodeJS.ProcessEnv = { ...process.env, NODE_ENV: "production", CUTPLANE_LOG_LEVEL: "warn" };
  return spawn(process.execPath, [entry, "--no-demo", "--port", "0", "--agent-port", "0", "--data", folder], { cwd: root, env, stdio: ["ignore", "pipe", "inherit"] });
}

/** The address it prints once it listens. */
export function addressOf(child: ChildProcess): Promise<string> {
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

export function stopServer(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.removeAllListeners("exit");
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

export type Counts = { sent: number; acknowledged: number; documents: number; ended: number };
export type SimulatedAgent = { socket: Socket; nodeId: string; bootId: string; /** Of its next report: the console takes no older one. */ nextSeq(): number };

/** Enrols and connects them. Disconnect each `socket` at the end. */
export async function enrolAll(url: string, agentCount: number, counts: Counts): Promise<SimulatedAgent[]> {
  const endpoint = (await (await fetch(`${url}/agent-endpoint.json`)).json()) as AgentEndpoint;
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
  socket.on("desired", (document: Desired, acknowledge: (answer: { cursor: number }) => void) => {
    counts.documents++;
    acknowledge({ cursor: document.version });
  });
  socket.on("disconnect", (reason) => {
    if (reason !== "io client disconnect") counts.ended++;
  });
  await new Promise<void>((resolve, reject) => socket.once("connect", resolve).once("connect_error", reject));
  let seq = 0;
  return { socket, nodeId: enrolled.nodeId, bootId, nextSeq: () => ++seq };
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

/** Starts reporting, first after `phaseMs`; returns how to stop. About 0.9 KB, the size of an agent with two stages. Figures drift, so that every report changes something. */
export function reportEachSecond(agent: SimulatedAgent, phaseMs: number, counts: Counts, acknowledgedMs: number[]): () => void {
  const send = (): void => {
    const seq = agent.nextSeq();
    const stage = (stageIndex: number) => ({ assignmentId: `asg_simulated_${stageIndex}`, deploymentId: "dep_simulated", epoch: 1, stageIndex, done: 20, failed: 0, queueLength: seq % 3, computeMsP50: 5 + (seq % 7), computeMsP99: 9, queueMsP50: 0.2, receivedBytes: 160_000, sentBytes: 160_000, upstreamNodeIds: [] });
    const sample: NodeSample = { cpuRatio: (seq % 10) / 10, agentCpuCores: 0.4, memoryUsedBytes: 4e9 + seq, agentRssBytes: 1.8e8, stages: [stage(0), stage(1)], ingress: [] };
    const report: Report = { seq, at: new Date().toISOString(), bootId: agent.bootId, cursor: 0, sample, notices: [] };
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
