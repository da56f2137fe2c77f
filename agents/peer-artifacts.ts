// Owns what other nodes hold of an artifact and opening a range of it at one of them, directly or through a third node. Which of them is asked is
// choose-holder.ts's decision, through whom relay-memory.ts's; what is done with the bytes is artifact-source.ts's.
import { Agent, type AgentOptions, type IncomingMessage, request } from "node:http";
import type { Duplex } from "node:stream";
import { AVOID_FAILED_MS, type Holder } from "./choose-holder.ts";
import type { LinkSample, Peer } from "./protocol/control.ts";
import { WireError } from "./protocol/wire-error.ts";
import { RelayMemory } from "./relay-memory.ts";
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
/** Relays asked at the same time for one node that is not reached; the next ones when none of them reaches it. */
const RELAYS_AT_ONCE = 3;
/** As a relay, a node says within this time that it does not reach the other either: sooner than whoever asks gives up. */
const RELAY_ASK_TIMEOUT_MS = 1_200;
const RELAY_TIMEOUT_MS = 600_000;
/** A transfer through relays that has not begun by then tries no further relay. */
const RELAY_PATIENCE_MS = 3_000;

export type PeerArtifactsOptions = { tls(): TlsMaterial; dataProxyUrl: string | null; /** Newest measurement of the way to a node. */ link(nodeId: string): LinkSample | undefined; nowMs(): number };
type Told = { ranges: ByteRange[]; transfers: number };
type ToldVia = Told & { via: string | null };
type Known = { told: Promise<Map<string, ToldVia>>; atMs: number };

export class PeerArtifacts {
  readonly #options: PeerArtifactsOptions;
  readonly #agents = new Map<string, Agent>();
  readonly #known = new Map<string, Known>();
  readonly #failedAtMs = new Map<string, number>();
  readonly #rates = new Map<string, number>();
  readonly #memory = new RelayMemory();
  /** Nodes that answered when they were last asked, nearest first. */
  #relays: string[] = [];
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

  async #ask(digest: string): Promise<Map<string, ToldVia>> {
    const path = `/artifacts/${digest}/held`;
    const asked = [...this.#peers.values()].filter((peer) => peer.port > 0).map((peer) => peer.nodeId).sort((a, b) => this.#distanceMs(a) - this.#distanceMs(b) || (a < b ? -1 : 1)).slice(0, MAX_ASKED);
    const found = new Map<string, ToldVia>();
    const unreached: string[] = [];
    await Promise.all(asked.map(async (nodeId) => {
      try {
        found.set(nodeId, { ...(await this.#askHeld(nodeId, path)), via: null });
      } catch (error) {
        if (!saidNo(error)) unreached.push(nodeId);
      }
    }));
    for (const nodeId of asked) this.#memory.saw(null, nodeId, !unreached.includes(nodeId), this.#options.nowMs());
    this.#relays = asked.filter((nodeId) => found.has(nodeId));
    await Promise.all(unreached.map(async (nodeId) => {
      const told = await this.#askThrough(nodeId, path);
      if (told) found.set(nodeId, told);
    }));
    return found;
  }

  /** Null = none of the relays reaches it. */
  async #askThrough(nodeId: string, path: string): Promise<ToldVia | null> {
    const relays = this.#memory.order(nodeId, this.#relays, this.#options.nowMs());
    while (relays.length > 0) {
      const answers = await Promise.all(relays.splice(0, RELAYS_AT_ONCE).map((via) => this.#through(via, nodeId, () => this.#askHeld(via, `/via/${nodeId}${path}`)).then((told) => ({ ...told, via }), () => null)));
      const told = answers.find((answer) => answer !== null);
      if (told) return told;
    }
    return null;
  }

  /** Remembers whether the relay reached the node. */
  async #through<T>(via: string, nodeId: string, get: () => Promise<T>): Promise<T> {
    try {
      const answer = await get();
      this.#memory.saw(via, nodeId, true, this.#options.nowMs());
      return answer;
    } catch (error) {
      if (error instanceof NotReached) this.#memory.saw(via, nodeId, false, this.#options.nowMs());
      throw error;
    }
  }

  #distanceMs(nodeId: string): number {
    const link = this.#options.link(nodeId);
    return link?.error === null ? link.rttMs : Number.MAX_VALUE;
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

  /** Bytes from `start` on. Rejects when it does not give them; where it is reached through others, when none of these gets them. */
  async open(holder: Holder, digest: string, start: number, end: number, signal: AbortSignal | undefined): Promise<AsyncIterable<Uint8Array>> {
    const path = `/artifacts/${digest}`;
    const { nodeId, via: known } = holder as Holder & { nodeId: string };
    const openAt = async (dialled: string, fullPath: string) => bodyFrom(await this.#get(dialled, fullPath, { range: `bytes=${start}-${end - 1}` }, signal), start);
    if (known === null) return openAt(nodeId, path);
    const startedMs = this.#options.nowMs();
    let failure: unknown = new NotReached(`no relay reaches ${nodeId}`);
    for (const via of this.#memory.order(nodeId, [known, ...this.#relays.filter((one) => one !== known)], startedMs)) {
      try {
        return await this.#through(via, nodeId, () => openAt(via, `/via/${nodeId}${path}`));
      } catch (error) {
        signal?.throwIfAborted();
        failure = error;
      }
      if (this.#options.nowMs() - startedMs > RELAY_PATIENCE_MS) break;
    }
    throw failure;
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

  async #get(nodeId: string, path: string, headers: Record<string, string>, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    const response = await this.#request(nodeId, path, headers, signal);
    if ((response.statusCode ?? 0) < 300) return response;
    response.resume();
    // 502: a relay that does not reach it either.
    throw response.statusCode === 502 ? new NotReached(`${nodeId} does not reach it`) : new Refused(`${nodeId} answered ${response.statusCode}`);
  }

  /** An answer of any status. */
  #request(nodeId: string, path: string, headers: Record<string, string>, signal: AbortSignal | undefined): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const outgoing = request({ agent: this.#agentOf(nodeId), host: nodeId, path, headers, timeout: IDLE_TIMEOUT_MS, ...(signal ? { signal } : {}) }, resolve);
      // A request that still waits for its connection would hear of `signal` only once that stands or fails.
      const abort = () => reject(signal?.reason);
      signal?.addEventListener("abort", abort, { once: true });
      outgoing.on("timeout", () => outgoing.destroy(new Error(`nothing for ${IDLE_TIMEOUT_MS} ms`)));
      outgoing.on("error", reject);
      outgoing.on("close", () => signal?.removeEventListener("abort", abort));
      outgoing.end();
    });
  }

  /** Passes a request of another node on; see artifact-server.ts. Rejects when this node does not reach the other: at once where that is known. */
  async relay(nodeId: string, path: string, range: string | undefined): Promise<IncomingMessage> {
    if (!this.#mayReach(nodeId)) throw new NotReached(`${nodeId} is not reached`);
    try {
      const answer = await this.#request(nodeId, path, range === undefined ? {} : { range }, AbortSignal.timeout(range === undefined ? RELAY_ASK_TIMEOUT_MS : RELAY_TIMEOUT_MS));
      this.#memory.saw(null, nodeId, true, this.#options.nowMs());
      return answer;
    } catch (error) {
      this.#memory.saw(null, nodeId, saidNo(error), this.#options.nowMs());
      throw error;
    }
  }

  /** By what was lately seen, else by the newest measurement of the way there. */
  #mayReach(nodeId: string): boolean {
    return this.#memory.reached(null, nodeId, this.#options.nowMs()) ?? (this.#options.link(nodeId)?.error ?? null) === null;
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

function bodyFrom(response: IncomingMessage, start: number): AsyncIterable<Uint8Array> {
  const from = /^bytes (\d+)-/.exec(response.headers["content-range"] ?? "")?.[1];
  if (response.statusCode !== 206 || Number(from) !== start) {
    response.destroy();
    throw new Error("it gives other bytes than asked for");
  }
  return response as AsyncIterable<Uint8Array>;
}

/** It was reached, and said no. */
class Refused extends Error {}
/** Whoever was asked to pass the request on does not reach it. */
class NotReached extends Error {}

/** Also where it shares nothing, which it says before any request. */
const saidNo = (error: unknown): boolean => error instanceof Refused || (error instanceof WireError && error.code === "not_linked");
