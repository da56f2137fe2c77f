// Owns estimating what is lost on the ways to peers: the kernel counts what each TCP connection sends and sends again, and `ss` shows it to every user. Node itself shows
// no TCP_INFO. Read beside the work, every few seconds, and only while there are peers; where it is not installed it is not readable. What is counted is what the data
// connections see: behind a proxy, or a link that repairs losses itself, that is the way to the proxy, and the losses left over.
import { execFile } from "node:child_process";
import { lookup } from "node:dns/promises";
import { isIP } from "node:net";
import type { Peer } from "./protocol/control.ts";
import type { LinkLosses } from "./protocol/link-loss.ts";
import { parseSocketCounts, plainHost, type SocketCounts } from "./socket-counts.ts";

export type LossReader = { stop(): void };
export type LossReaderOptions = {
  peers(): readonly Peer[];
  /** Where this node is dialled. */
  dataPort: number;
  onLosses(told: LinkLosses): void;
  /** Prints connections of these ports as `ss -tinH` does; null = this machine has no such program. */
  run?: (ports: { local: number; remote: readonly number[] }) => Promise<string | null>;
  everyMs?: number;
};

const EVERY_MS = 5_000;
/** Fewer segments say nothing: one lost of ten is no tenth. They are added up until they are so many. */
export const LEAST_SEGMENTS = 50;
const RUN_TIMEOUT_MS = 2_000;
/** Some thousand connections. */
const MAX_OUTPUT_BYTES = 4 * 1024 * 1024;
/** A filter with more would be longer than what it saves. */
const MAX_PORTS = 64;
/** Addresses of names, looked up again. */
const ADDRESSES_MS = 60_000;
/** Where there is no program it is looked for again: somebody may install it. */
const ABSENT_EVERY_MS = 300_000;

type Sum = { sent: number; lost: number };

export function createLossReader({ peers, dataPort, onLosses, run = runSs, everyMs = EVERY_MS }: LossReaderOptions): LossReader {
  let before: Map<string, SocketCounts> | null = null;
  const sums = new Map<string, Sum>();
  const addresses = createAddresses();
  let nextAtMs = 0;
  let reading = false;

  const read = async () => {
    const now = peers();
    if (now.length === 0) return;
    const text = await run({ local: dataPort, remote: [...new Set(now.map((peer) => peer.port))].slice(0, MAX_PORTS) });
    if (text === null) {
      nextAtMs = performance.now() + ABSENT_EVERY_MS;
      return onLosses({ readable: false, links: [] });
    }
    const hosts = new Map<string, readonly string[]>();
    for (const peer of now) hosts.set(peer.nodeId, await addresses.of(peer.host));
    const next = new Map(parseSocketCounts(text).map((one) => [keyOf(one), one]));
    for (const [key, one] of before === null ? [] : next) {
      const nodeId = peerOf(one, now, hosts, dataPort);
      if (nodeId !== null) add(sums, nodeId, one, before?.get(key));
    }
    before = next;
    const links = [...sums].filter(([, sum]) => sum.sent >= LEAST_SEGMENTS).map(([toNodeId, { sent, lost }]) => ({ toNodeId, sentSegments: sent, lostSegments: lost }));
    for (const nodeId of sums.keys()) if (links.some((link) => link.toNodeId === nodeId) || !hosts.has(nodeId)) sums.delete(nodeId);
    onLosses({ readable: true, links });
  };

  const timer = setInterval(() => {
    if (reading || performance.now() < nextAtMs) return;
    reading = true;
    // A reading that failed says nothing; the next one may.
    read().catch(() => undefined).finally(() => { reading = false; });
  }, everyMs);
  return { stop: () => clearInterval(timer) };
}

const keyOf = ({ local, remote }: SocketCounts): string => `${local.host} ${local.port} ${remote.host} ${remote.port}`;

/** A connection that was not there before began since; counts that fell are those of another connection between the same ends. */
function add(sums: Map<string, Sum>, nodeId: string, now: SocketCounts, known: SocketCounts | undefined): void {
  const before = known && known.sentSegments <= now.sentSegments && known.resentSegments <= now.resentSegments ? known : { sentSegments: 0, resentSegments: 0, duplicates: 0 };
  const sent = now.sentSegments - before.sentSegments;
  const lost = Math.min(sent, Math.max(0, now.resentSegments - before.resentSegments - Math.max(0, now.duplicates - before.duplicates)));
  const sum = sums.get(nodeId) ?? { sent: 0, lost: 0 };
  sums.set(nodeId, { sent: sum.sent + sent, lost: sum.lost + lost });
}

/** Who is at the other end; null where several could be: peers on one machine dial from one address. */
function peerOf({ local, remote }: SocketCounts, peers: readonly Peer[], hosts: ReadonlyMap<string, readonly string[]>, dataPort: number): string | null {
  const there = peers.filter((peer) => hosts.get(peer.nodeId)?.includes(remote.host));
  const dialled = there.filter((peer) => peer.port === remote.port);
  if (dialled.length > 0) return dialled.length === 1 ? (dialled[0]?.nodeId ?? null) : null;
  return local.port === dataPort && there.length === 1 ? (there[0]?.nodeId ?? null) : null;
}

/** Addresses of peers' hosts, as `plainHost` writes them; none where a name is not known. */
function createAddresses() {
  const known = new Map<string, { atMs: number; addresses: string[] }>();
  return {
    async of(host: string): Promise<readonly string[]> {
      if (isIP(plainHost(host))) return [plainHost(host)];
      const entry = known.get(host);
      if (entry && performance.now() - entry.atMs < ADDRESSES_MS) return entry.addresses;
      const addresses = (await lookup(host, { all: true }).catch(() => [])).map(({ address }) => plainHost(address));
      if (known.size >= MAX_PORTS) known.clear();
      known.set(host, { atMs: performance.now(), addresses });
      return addresses;
    },
  };
}

/** @throws when it runs and fails */
function runSs({ local, remote }: { local: number; remote: readonly number[] }): Promise<string | null> {
  const filter = [`sport = :${local}`, ...remote.map((port) => `dport = :${port}`)].join(" or ");
  return new Promise((resolve, reject) => {
    execFile("ss", ["-tinH", `( ${filter} )`], { timeout: RUN_TIMEOUT_MS, maxBuffer: MAX_OUTPUT_BYTES, killSignal: "SIGKILL" }, (error, stdout) => {
      if ((error as NodeJS.ErrnoException | null)?.code === "ENOENT") resolve(null);
      else if (error) reject(error);
      else resolve(stdout);
    });
  });
}
