// Owns nodes for tests and benchmarks: real stage and ingress processes from a real bundle, with the test in the part of the agent's main process.
import { type ChildProcess, fork } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { ObservedIngress, ObservedLane, StageSample } from "../../protocol/control.ts";
import { startDataPort, type DataPort } from "../data-port.ts";
import type { FromIngress, FromStage, TlsMaterial, ToIngress, ToStage } from "../messages.ts";
import type { OtlpSettings } from "../../ingress/otlp-exporter.ts";
import { answerProbe } from "../probe.ts";
import { testTrust, type TestTrust } from "./test-trust.ts";

const here = dirname(fileURLToPath(import.meta.url));
const agentsFolder = join(here, "../..");

/** Bundles the entries into a folder inside the repository, so that native dependencies resolve. */
export async function buildEntries(): Promise<string> {
  const outdir = join(agentsFolder, "../.build", `data-plane-${process.pid}-${Math.random().toString(36).slice(2, 8)}`);
  await build({
    entryPoints: { stage: join(agentsFolder, "stage/main.ts"), "session-worker": join(agentsFolder, "stage/session-worker.ts"), ingress: join(agentsFolder, "ingress/main.ts") },
    outdir, outExtension: { ".js": ".mjs" }, bundle: true, platform: "node", format: "esm", target: "node20", splitting: true, logLevel: "error",
    external: ["onnxruntime-node"],
    banner: { js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);' },
  });
  return outdir;
}

type Waiting = { holds(): boolean; resolve(): void };
/** A child process and what it said last. */
export class TestChild<To, From extends { type: string }> {
  readonly process: ChildProcess;
  readonly heard: From[] = [];
  exited = false;
  readonly #waiting = new Set<Waiting>();

  constructor(entry: string) {
    this.process = fork(entry, [], { serialization: "advanced", stdio: ["ignore", "inherit", "inherit", "ipc"], execArgv: [], env: { ...process.env, MALLOC_MMAP_THRESHOLD_: "268435456", MALLOC_TRIM_THRESHOLD_: "268435456", MALLOC_TOP_PAD_: "16777216" } });
    this.process.on("message", (message) => { this.heard.push(message as From); if (this.heard.length > 2000) this.heard.splice(0, 1000); this.#look(); });
    this.process.on("exit", () => { this.exited = true; this.#look(); });
    this.process.on("error", () => undefined);
  }

  #look(): void {
    for (const waiting of this.#waiting) if (waiting.holds()) { this.#waiting.delete(waiting); waiting.resolve(); }
  }

  send(message: To): void {
    if (!this.exited && this.process.connected) this.process.send(message as object);
  }

  last<T extends From["type"]>(type: T): Extract<From, { type: T }> | undefined {
    return this.heard.findLast((message) => message.type === type) as Extract<From, { type: T }> | undefined;
  }

  async until(what: string, holds: (child: this) => boolean, withinMs = 60_000): Promise<void> {
    if (holds(this)) return;
    let timer: NodeJS.Timeout | undefined;
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = { holds: () => holds(this), resolve };
      this.#waiting.add(waiting);
      timer = setTimeout(() => { this.#waiting.delete(waiting); reject(new Error(`waited in vain: ${what}; last heard ${JSON.stringify(this.heard.slice(-3))}`)); }, withinMs);
    });
    clearTimeout(timer);
  }
}

export type StageChild = TestChild<ToStage, FromStage>;
export type IngressChild = TestChild<ToIngress, FromIngress>;

/** One node: an identity, a data port, and the processes behind it. */
export class TestNode {
  readonly tls: TlsMaterial;
  readonly port: DataPort;
  readonly children = new Map<string, StageChild | IngressChild>();

  constructor(tls: TlsMaterial, port: DataPort, children: Map<string, StageChild | IngressChild>) {
    this.tls = tls;
    this.port = port;
    this.children = children;
  }

  get end(): { nodeId: string; host: string; port: number } {
    return { nodeId: this.tls.nodeId, host: "127.0.0.1", port: this.port.port };
  }
}

/** Everything a test needs, cleaned up by `close`. */
export class TestFleet {
  readonly trust: TestTrust;
  readonly entries: string;
  readonly folder = mkdtempSync(join(tmpdir(), "cutplane-test-"));
  readonly nodes: TestNode[] = [];
  readonly #children: (StageChild | IngressChild)[] = [];

  constructor(trust: TestTrust, entries: string) {
    this.trust = trust;
    this.entries = entries;
  }

  static async start(): Promise<TestFleet> {
    return new TestFleet(await testTrust(), await buildEntries());
  }

  async node(nodeId: string): Promise<TestNode> {
    const tls = await this.trust.node(nodeId);
    const children = new Map<string, StageChild | IngressChild>();
    const port = await startDataPort({
      host: "127.0.0.1", port: 0,
      route(dialled, socket) {
        if (dialled.kind === "probe") { answerProbe(socket, tls); return null; }
        const child = children.get(dialled.target);
        if (!child || child.exited || !child.process.connected) return "unknown-target";
        child.process.send({ type: "socket", dialled }, socket, {}, (error) => { if (error) socket.destroy(); });
        return null;
      },
    });
    const node = new TestNode(tls, port, children);
    this.nodes.push(node);
    return node;
  }

  stage(node: TestNode, start: Omit<Extract<ToStage, { type: "start" }>, "type" | "tls">): StageChild {
    const child: StageChild = new TestChild(join(this.entries, "stage.mjs"));
    this.#children.push(child);
    node.children.set(`stage:${start.assignment.assignmentId}`, child);
    child.send({ type: "start", tls: node.tls, ...start });
    return child;
  }

  async ingress(node: TestNode, options: { host?: string; httpTls?: { keyPem: string; certificatePem: string }; otlp?: OtlpSettings; sharedMemory?: boolean } = {}): Promise<IngressChild> {
    const child: IngressChild = new TestChild(join(this.entries, "ingress.mjs"));
    this.#children.push(child);
    node.children.set("ingress", child);
    child.send({ type: "start", tls: node.tls, host: options.host ?? "127.0.0.1", port: 0, httpTls: options.httpTls ?? null, advertiseHost: "127.0.0.1", dataProxy: null, otlp: options.otlp ?? null, sharedMemory: options.sharedMemory ?? true });
    await child.until("listening", () => child.last("listening") !== undefined);
    return child;
  }

  async close(): Promise<void> {
    for (const child of this.#children) if (!child.exited) child.process.kill("SIGKILL");
    await Promise.all(this.#children.map((child) => child.until("exit", () => child.exited)));
    await Promise.all(this.nodes.map((node) => node.port.close()));
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.entries, { recursive: true, force: true });
  }
}

export const ready = (child: StageChild): boolean => child.last("state")?.state === "ready";
export const lanesOf = (child: StageChild): ObservedLane[] => child.last("lanes")?.lanes ?? [];
export const observedOf = (child: IngressChild): ObservedIngress[] => child.last("observed")?.ingress ?? [];
export const samplesOf = (child: StageChild): StageSample[] => child.heard.flatMap((message) => (message.type === "sample" ? message.samples : []));
