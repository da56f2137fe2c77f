// Owns what other nodes hold of an artifact and opening a range of it at one of them, directly or through a third node. Which of them is asked is
// choose-holder.ts's decision; what is done with the bytes is artifact-source.ts's.
import { Agent, type AgentOptions, type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";
import { AVOID_FAILED_MS, type Holder } from "./choose-holder.ts";
import type { LinkSample, Peer } from "./protocol/control.ts";
import type { ByteRange } from "./sparse-file.ts";
import type { Held } from "./split-range.ts";
import { dataContext, dialData } from "./stage/data-tls.ts";
import type { TlsMaterial } from "./stage/messages.ts";
import { nextRate } from "./transfer-rate.ts";

/** Nodes asked what they hold; the nearest by round trip. */
const MAX_ASKED = 16;
/** A node that has not said by then is not waited for. */
const ASK_TIMEOUT_MS = 1_500;
/** What a node held so long ago is asked again: it may be fetching itself. */
const HELD_FOR_MS = 5_000;
/** A transfer that delivers nothing for this long is taken elsewhere. */
const IDLE_TIMEOUT_MS = 5_000;
/** Connections to one node. */
const MAX_SOCKETS = 2;
const MAX_HELD_BYTES = 512 * 1024;
/** Relays tried for one node that is not reached. */
const MAX_RELAYS = 2;

export type PeerArtifactsOptions = { tls(): TlsMaterial; dataProxyUrl: string | null; /** Newest measurement of the way to a node. */ link(nodeId: string): LinkSample | undefined; nowMs(): number };
type Told = { ranges: ByteRange[]; transfers: number };
type Known = { told: Promise<Map<string, Told & { via: string | null }>>; atMs: number };

export class PeerArtifacts {
  readonly #options: PeerArtifactsOptions;
  readonly #agents = new Map<string, Agent>();
  readonly #known = new Map<string, Known>();
  readonly #failedAtMs = new Map<string, number>();
  readonly #rates = new Map<string, number>();
  #peers = new Map<string, Peer>();

  constructor(options: PeerArtifactsOptions) {
    this.#options = options;
  }

  set(peers: readonly Peer[]): void {
    this.#peers = new Map(peers.map((peer) => [peer.nodeId, peer]));
    for (const [nodeId, agent] of this.#agents) if (!this.#peers.has(nodeId)) { agent.destroy(); this.#agents.delete(nodeId); }
  }

  isPeer(nodeId: string): boolean {
    return this.#peers.has(nodeId);
  }

  stop(): void {
    for (const agent of this.#agents.values()) agent.destroy();
    this.#agents.clear();
  }

  /** Nodes that hold any of it now, and what, as far as they say. Never rejects. */
  async held(digest: string): Promise<Held[]> {
    const nowMs = this.#options.nowMs();
    let known = this.#known.get(digest);
    if (!known || nowMs - known.atMs > HELD_FOR_MS) {
      known = { told: this.#ask(digest), atMs: nowMs };
      this.#known.set(digest, known);
      for (const [key, { atMs }] of this.#known) if (nowMs - atMs > HELD_FOR_MS) this.#known.delete(key);
    }
    const told = await known.told;
    return [...told].filter(([, { ranges }]) => ranges.length > 0).map(([nodeId, { ranges, via, transfers }]) => {
      const link = this.#options.link(via ?? nodeId);
      const holder = { nodeId, via, transfers, bytesPerSecond: this.#rates.get(nodeId) ?? link?.bandwidthBytesPerSecond ?? null, roundTripMs: link?.error === null ? link.rttMs : null, failedAtMs: this.#failedAtMs.get(nodeId) ?? null };
      return { holder, ranges };
    });
  }

  async #ask(digest: string): Promise<Map<string, Told & { via: string | null }>> {
    const path = `/artifacts/${digest}/held`;
    const distance = (peer: Peer) => this.#options.link(peer.nodeId)?.rttMs ?? Number.POSITIVE_INFINITY;
    const asked = [...this.#peers.values()].filter((peer) => peer.port > 0).sort((a, b) => distance(a) - distance(b)).slice(0, MAX_ASKED);
    const found = new Map<string, Told & { via: string | null }>();
    const unreached: string[] = [];
    await Promise.all(asked.map(async ({ nodeId }) => {
      try {
        found.set(nodeId, { ...(await this.#askHeld(nodeId, path)), via: null });
      } catch (error) {
        if (!(error instanceof Refused)) unreached.push(nodeId);
      }
    }));
    const relays = [...found.keys()].slice(0, MAX_RELAYS);
    await Promise.all(unreached.flatMap((nodeId) => relays.map(async (via) => {
      const told = await this.#askHeld(via, `/via/${nodeId}${path}`).catch(() => null);
      if (told && !found.has(nodeId)) found.set(nodeId, { ...told, via });
    })));
    return found;
  }

  async #askHeld(nodeId: string, path: string): Promise<Told> {
    const response = await this.#get(nodeId, path, {}, AbortSignal.timeout(ASK_TIMEOUT_MS));
    let text = "";
    for await (const part of response as AsyncIterable<Buffer>) {
      text += part.toString();
      if (text.length > MAX_HELD_BYTES) throw new Error("it tells of too many ranges");
    }
    const { ranges, transfers } = JSON.parse(text) as Told;
    const isRange = (one: unknown): one is ByteRange => Array.isArray(one) && one.length === 2 && one.every((edge) => Number.isSafeInteger(edge) && edge >= 0);
    if (!Array.isArray(ranges) || !ranges.every(isRange)) throw new Error("its answer has not the expected fields");
    return { ranges, transfers: Number.isInteger(transfers) ? Math.max(0, transfers) : 0 };
  }

  /** Bytes from `start` on. Rejects when it does not give them. */
  async open(holder: Holder, digest: string, start: number, end: number, signal: AbortSignal | undefined): Promise<AsyncIterable<Uint8Array>> {
    const path = `/artifacts/${digest}`;
    const nodeId = holder.nodeId!;
    const response = await this.#get(holder.via ?? nodeId, holder.via ? `/via/${nodeId}${path}` : path, { range: `bytes=${start}-${end - 1}` }, signal);
    const from = /^bytes (\d+)-/.exec(response.headers["content-range"] ?? "")?.[1];
    if (response.statusCode !== 206 || Number(from) !== start) { response.destroy(); throw new Error("it gives other bytes than asked for"); }
    return response as AsyncIterable<Uint8Array>;
  }

  /** How a transfer from it went: what choices are made by. */
  took(nodeId: string, bytes: number, ms: number): void {
    const rate = nextRate(this.#rates.get(nodeId) ?? null, bytes, ms);
    if (rate !== null) this.#rates.set(nodeId, rate);
  }

  failed(nodeId: string): void {
    const nowMs = this.#options.nowMs();
    this.#failedAtMs.set(nodeId, nowMs);
    for (const [key, atMs] of this.#failedAtMs) if (nowMs - atMs > AVOID_FAILED_MS) this.#failedAtMs.delete(key);
  }

  #get(nodeId: string, path: string, headers: Record<string, string>, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const outgoing = request({ agent: this.#agentOf(nodeId), host: nodeId, path, headers, timeout: IDLE_TIMEOUT_MS, ...(signal ? { signal } : {}) }, (response) => {
        if ((response.statusCode ?? 0) < 300) return resolve(response);
        response.resume();
        // 502: a relay that does not reach it either.
        reject(response.statusCode === 502 ? new Error("it is not reached") : new Refused(`${nodeId} answered ${response.statusCode}`));
      });
      outgoing.on("timeout", () => outgoing.destroy(new Error(`nothing for ${IDLE_TIMEOUT_MS} ms`)));
      outgoing.on("error", reject);
      outgoing.end();
    });
  }

  /** Passes a request of another node on; see artifact-server.ts. */
  relay(nodeId: string, path: string, range: string | undefined): Promise<IncomingMessage> {
    return this.#get(nodeId, path, range === undefined ? {} : { range }, AbortSignal.timeout(600_000));
  }

  #agentOf(nodeId: string): Agent {
    const known = this.#agents.get(nodeId);
    if (known) return known;
    const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS, maxFreeSockets: MAX_SOCKETS });
    // The connection is the data port's, with its preamble and both sides' certificates.
    agent.createConnection = ((_options: AgentOptions, done: (error: Error | null, socket?: Duplex) => void) => {
      const peer = this.#peers.get(nodeId);
      if (!peer) return done(new Error(`${nodeId} is not a node of this fleet`));
      const { tls, dataProxyUrl } = this.#options;
      dialData({ host: peer.host, port: peer.port, nodeId, preamble: { kind: "artifacts", target: "artifacts" }, context: dataContext(tls()), dataProxy: dataProxyUrl }).then((socket) => done(null, socket), (error: Error) => done(error));
    }) as typeof agent.createConnection;
    this.#agents.set(nodeId, agent);
    return agent;
  }
}

/** It was reached, and said no. */
class Refused extends Error {}
