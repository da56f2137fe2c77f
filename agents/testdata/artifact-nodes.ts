// Owns nodes that give each other artifacts, for tests: the parts of an agent that do, in the test's own process, over real TLS on ports of 127.0.0.1, beside one fake console.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ArtifactCache } from "../artifact-cache.ts";
import { createArtifactServer } from "../artifact-server.ts";
import { createArtifactSource, type FetchedBytes } from "../artifact-source.ts";
import { createConsoleClient } from "../console-client.ts";
import { routeDialled } from "../data-listener.ts";
import { PeerArtifacts } from "../peer-artifacts.ts";
import type { LinkSample, Peer, SegmentFile } from "../protocol/control.ts";
import { startDataPort } from "../stage/data-port.ts";
import { type FakeConsole, sha256, startFakeConsole } from "./fake-console.ts";

/** Smaller than a transfer whose pace is learnt: who is asked follows from `links` alone, however busy the machine is. */
export const LAYER_BYTES = 40_000;
/** From the console, as segments' own files are. */
const SKELETON = new Uint8Array(1_000).fill(7);
/** Nobody listens there. */
const NOBODYS_PORT = 1;

export type ArtifactNode = {
  nodeId: string; peers: PeerArtifacts; fetched: FetchedBytes;
  /** Connections of other nodes so far. */
  dialled: number;
  /** Nodes it was asked to pass requests on to, in order. */
  relays: string[];
  /** Replaces what it knows of others: those it reaches, and those whose address leads nowhere. */
  know(reached: ArtifactNode[], unreached?: ArtifactNode[]): void;
  /** What it has measured of the way to another. */
  measured(to: ArtifactNode, change: Partial<LinkSample>): void;
  /** Layers [from, to) of a file. @returns what came for it, the file's bytes alone. */
  fetch(weights: Uint8Array, from: number, to: number): Promise<FetchedBytes>;
  bytes(weights: Uint8Array, from: number, to: number): Uint8Array;
  close(): Promise<void>;
};

export class ArtifactNodes {
  readonly console: FakeConsole;
  /** With their data ports. */
  readonly #nodes = new Map<ArtifactNode, number>();
  #segments = 0;

  private constructor(console_: FakeConsole) {
    this.console = console_;
  }

  static async start(): Promise<ArtifactNodes> {
    return new ArtifactNodes(await startFakeConsole());
  }

  async node(nodeId: string): Promise<ArtifactNode> {
    const { caPem } = this.console;
    const tls = { nodeId, caPem, ...(await this.console.issue(nodeId)) };
    const folder = mkdtempSync(join(tmpdir(), "cutplane-artifacts-"));
    const client = createConsoleClient({ host: "127.0.0.1", port: this.console.port, ...tls });
    const links = new Map<string, LinkSample>();
    const nowMs = () => performance.now();
    const peers = new PeerArtifacts({ tls: () => tls, dataProxyUrl: null, link: (id) => links.get(id), nowMs });
    const fetched: FetchedBytes = { console: 0, peers: 0, relayed: 0 };
    const source = createArtifactSource({ client: () => client, peers, nowMs, onFetched: (from, bytes) => { fetched[from] += bytes; }, log: () => undefined });
    const cache = new ArtifactCache({ folder, source, maxBytes: 1e9 });
    await cache.open();
    const server = createArtifactServer({
      held: (digest) => cache.held(digest), openHeld: (digest, start, end) => cache.openHeld(digest, start, end), isPeer: (id) => peers.isPeer(id), bytesPerSecond: 1e9,
      relay(id, path, range) { node.relays.push(id); return peers.relay(id, path, range); },
    });
    const accept = (socket: Parameters<typeof server.accept>[0]) => { node.dialled++; server.accept(socket, tls); };
    const port = await startDataPort({ host: "127.0.0.1", port: 0, route: routeDialled({ stage: () => null, ingress: () => null, probe: (socket) => void socket.destroy(), artifacts: accept }) });
    const peer = ({ nodeId: id }: ArtifactNode, port: number): Peer => ({ nodeId: id, name: id, host: "127.0.0.1", port, measure: false });
    const node: ArtifactNode = {
      nodeId, peers, fetched, dialled: 0, relays: [],
      know: (reached, unreached = []) => peers.set([...reached.map((one) => peer(one, this.#nodes.get(one) ?? NOBODYS_PORT)), ...unreached.map((one) => peer(one, NOBODYS_PORT))]),
      measured: (to, change) => void links.set(to.nodeId, { toNodeId: to.nodeId, at: new Date().toISOString(), rttMs: 1, rttSdMs: 0, bandwidthBytesPerSecond: 100e6, error: null, ...change }),
      fetch: async (weights, from, to) => {
        const before = { ...fetched };
        await cache.whole(this.console.addArtifact(SKELETON), SKELETON.length);
        const skeletonBytes = fetched.console - before.console;
        await cache.segment({ segmentId: `seg_${++this.#segments}`, skeletonDigest: sha256(SKELETON), skeletonBytes: SKELETON.length, files: [this.#file(weights, from, to)], inputs: [], outputs: [], memoryBytes: 1, states: [] });
        return { console: fetched.console - before.console - skeletonBytes, peers: fetched.peers - before.peers, relayed: fetched.relayed - before.relayed };
      },
      bytes: (weights, from, to) => readFileSync(join(folder, "files", sha256(weights))).subarray(from * LAYER_BYTES, to * LAYER_BYTES),
      close: async () => {
        peers.stop();
        server.stop();
        client.close();
        await Promise.all([port.close(), cache.close()]);
        rmSync(folder, { recursive: true, force: true });
      },
    };
    this.#nodes.set(node, port.port);
    return node;
  }

  #file(weights: Uint8Array, from: number, to: number): SegmentFile {
    const ranges = Array.from({ length: to - from }, (_, index) => {
      const offset = (from + index) * LAYER_BYTES;
      return { offset, bytes: LAYER_BYTES, sha256: sha256(weights.subarray(offset, offset + LAYER_BYTES)) };
    });
    return { fileName: "weights.bin", digest: this.console.addArtifact(weights), totalBytes: weights.length, ranges };
  }

  async endNodes(): Promise<void> {
    for (const node of this.#nodes.keys()) await node.close();
    this.#nodes.clear();
  }

  async close(): Promise<void> {
    await this.endNodes();
    await this.console.close();
  }
}
