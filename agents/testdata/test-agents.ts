// Owns several built agents for tests, each a process of its own with its own folder, joined to one fake console, and what each last reported.
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Assignment, Desired, ObservedAssignment, Peer, Report, SegmentFile } from "../protocol/control.ts";
import { tinyLayers } from "../stage/testdata/tiny-onnx.ts";
import { type FakeConsole, sha256, startFakeConsole } from "./fake-console.ts";

const WIDTH = 8;
const spec = (name: string) => ({ name, dataType: "float32" as const, shape: ["n", WIDTH] });

export type TestAgent = {
  nodeId: string; folder: string; dataPort: number; output: string; process: ChildProcess;
  last<K extends keyof Report>(key: K): Report[K] | undefined;
  assignment(id: string): ObservedAssignment | undefined;
  peer(change?: Partial<Peer>): Peer;
  kill(signal: NodeJS.Signals): Promise<void>;
  /** With the same folder, after it was killed. */
  restart(): Promise<void>;
};

export class TestAgents {
  readonly console: FakeConsole;
  readonly #dist: string;
  readonly #agents: TestAgent[] = [];
  readonly #versions = new Map<string, number>();

  private constructor(console_: FakeConsole, dist: string) {
    this.console = console_;
    this.#dist = dist;
  }

  static async start(): Promise<TestAgents> {
    // Inside the checkout, so that the runtime is found as it is in an installed package.
    const dist = join(import.meta.dirname, "../.build", `agents-${process.pid}-${randomBytes(3).toString("hex")}`);
    execFileSync(process.execPath, [join(import.meta.dirname, "../build.mjs"), dist]);
    return new TestAgents(await startFakeConsole(), dist);
  }

  async agent(args: string[] = [], env: Record<string, string> = {}): Promise<TestAgent> {
    const folder = mkdtempSync(join(tmpdir(), "cutplane-agents-"));
    const { console: console_ } = this;
    console_.usedTokens.clear();
    const spawned = () => {
      const child = spawn(process.execPath, [join(this.#dist, "main.mjs"), "--data", folder, "--data-host", "127.0.0.1", "--drain-timeout", "1", "--log-level", "debug", ...args, "--console", console_.url, "--token", console_.token], { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
      for (const stream of [child.stdout, child.stderr]) stream.on("data", (part: Buffer) => { agent.output += part; });
      return child;
    };
    const agent: TestAgent = {
      nodeId: "", folder, dataPort: 0, output: "", process: null as never,
      last: (key) => console_.reportsOf.get(agent.nodeId)?.findLast((report) => report[key] !== undefined)?.[key],
      assignment: (id) => agent.last("assignments")?.find((one) => one.assignmentId === id),
      peer: (change = {}) => ({ nodeId: agent.nodeId, name: agent.nodeId, host: "127.0.0.1", port: agent.dataPort, measure: false, ...change }),
      async kill(signal) {
        const gone = new Promise((resolve) => agent.process.once("exit", resolve));
        agent.process.kill(signal);
        await gone;
      },
      restart: async () => {
        const before = console_.hellos.length;
        agent.process = spawned();
        await this.until("it said hello again", () => console_.hellos.length > before, agent);
      },
    };
    const before = console_.hellos.length;
    agent.process = spawned();
    this.#agents.push(agent);
    await this.until("it said hello", () => console_.hellos.length > before, agent);
    agent.nodeId = JSON.parse(readFileSync(join(folder, "identity.json"), "utf8")).nodeId;
    agent.dataPort = console_.hellos.at(-1)!.dataPort;
    return agent;
  }

  /** Replaces what a node is to do. */
  desire(agent: TestAgent, change: Partial<Desired>): void {
    const version = (this.#versions.get(agent.nodeId) ?? 0) + 1;
    this.#versions.set(agent.nodeId, version);
    this.console.push({ version, nodeId: agent.nodeId, assignments: [], ingress: [], peers: [], measurements: [], ...change });
  }

  /** Waits for something observable. */
  async until(what: string, holds: () => unknown, agent?: TestAgent, withinMs = 60_000): Promise<void> {
    for (const endMs = performance.now() + withinMs; performance.now() < endMs; await new Promise((done) => setTimeout(done, 20))) if (holds()) return;
    throw new Error(`waited in vain until ${what}; ${agent?.output.slice(-3000) ?? ""} ${JSON.stringify(agent?.last("assignments"))}`);
  }

  ready(agent: TestAgent, assignmentId: string): Promise<void> {
    return this.until(`${assignmentId} is ready`, () => agent.assignment(assignmentId)?.state === "ready", agent);
  }

  /** Ranges of one file of weights, by whose digest they are content-addressed. */
  weights(bytes: Uint8Array, ranges: [offset: number, bytes: number][]): SegmentFile {
    return { fileName: "weights.bin", digest: this.console.addArtifact(bytes), totalBytes: bytes.length, ranges: ranges.map(([offset, count]) => ({ offset, bytes: count, sha256: sha256(bytes.subarray(offset, offset + count)) })) };
  }

  /** A segment that loads, with a file of weights beside it. */
  assignment(id: string, file: SegmentFile): Assignment {
    const skeleton = tinyLayers(0, 2, WIDTH);
    return {
      assignmentId: id, deploymentId: "dep_test",
      segment: { segmentId: `seg_${id}`, skeletonDigest: this.console.addArtifact(skeleton), skeletonBytes: skeleton.length, memoryBytes: 1000, states: [], inputs: [spec("v0")], outputs: [spec("v2")], files: [file] },
      session: { intraOpThreads: 1, optimization: "all", provider: "cpu" }, warmShapes: [{ name: "v0", dataType: "float32", shape: [1, WIDTH] }], lanes: [], limits: { queueLength: 4, maxFrameBytes: 100_000 },
    };
  }

  /** Bytes the console was asked for of an artifact. */
  askedOfConsole(digest: string): number {
    return this.console.requests.filter((one) => one.digest === digest).reduce((sum, { start, end }) => sum + end - start, 0);
  }

  async endAgents(): Promise<void> {
    for (const agent of this.#agents.splice(0)) {
      if (agent.process.exitCode === null && agent.process.signalCode === null) await agent.kill("SIGKILL");
      rmSync(agent.folder, { recursive: true, force: true });
    }
  }

  async close(): Promise<void> {
    await this.endAgents();
    await this.console.close();
    rmSync(this.#dist, { recursive: true, force: true });
  }
}
