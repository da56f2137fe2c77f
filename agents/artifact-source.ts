// Owns reading bytes of an artifact, any range of it, from the nearest nodes that hold it or from the console, going on where a broken connection stopped, with
// another holder if need be. A range that lies at several nodes comes in pieces; where it is cut is split-range.ts's decision. Does not verify: whoever asked hashes, and asks the console for what another node gave wrongly.
import { setTimeout as sleep } from "node:timers/promises";
import { AgentError, messageOf } from "./agent-error.ts";
import { chooseHolder, type Holder } from "./choose-holder.ts";
import type { ConsoleClient } from "./console-client.ts";
import type { PeerArtifacts } from "./peer-artifacts.ts";
import { MIN_PEER_BYTES, splitRange } from "./split-range.ts";
import { nextRate } from "./transfer-rate.ts";

export type ReadRange = {
  digest: string;
  /** First byte, and the one after the last. */
  start: number; end: number;
  /** Called in order, each chunk exactly once, also over several connections; awaited, so a slow disk slows the network. */
  onChunk(chunk: Uint8Array, /** Who gave it; null = the console. */ from: string | null): Promise<void> | void;
  signal?: AbortSignal;
  /** Not from other nodes: what one of them gave had a wrong hash. */
  fromConsole?: boolean;
};
export type ArtifactSource = (range: ReadRange) => Promise<void>;

/** Attempts without a single new byte before the caller is told; a transfer that moves, however often it breaks, is never given up. */
const MAX_ATTEMPTS_WITHOUT_BYTES = 5;
const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5_000;
/** A connection that delivers nothing for this long is replaced. */
const IDLE_TIMEOUT_MS = 15_000;

/** What came from whom since the start. */
export type FetchedBytes = { console: number; peers: number; relayed: number };
export type ArtifactSourceOptions = { client(): ConsoleClient; peers: PeerArtifacts | null; nowMs(): number; onFetched(from: keyof FetchedBytes, bytes: number): void; log(message: string): void };

/** For each piece the nearest holder first, then the next one, in the end the console, which is asked for as long as bytes keep coming. */
export function createArtifactSource({ client, peers, nowMs, onFetched, log }: ArtifactSourceOptions): ArtifactSource {
  const fromConsole = createConsoleSource(client);
  let consoleRate: number | null = null;
  const counted = (range: ReadRange, from: keyof FetchedBytes, nodeId: string | null, moved: (bytes: number) => void): ReadRange => ({
    ...range,
    onChunk: async (chunk) => {
      onFetched(from, chunk.length);
      moved(chunk.length);
      await range.onChunk(chunk, nodeId);
    },
  });

  const readConsole = async (range: ReadRange) => {
    const startedMs = performance.now();
    await fromConsole(counted(range, "console", null, () => undefined));
    consoleRate = nextRate(consoleRate, range.end - range.start, Math.max(1, performance.now() - startedMs));
  };

  /** @returns where it stopped; less than the end where the holder broke off. */
  const readPeer = async (from: PeerArtifacts, holder: Holder, range: ReadRange): Promise<number> => {
    const nodeId = holder.nodeId!;
    const startedMs = performance.now();
    let position = range.start;
    const { onChunk } = counted(range, holder.via === null ? "peers" : "relayed", nodeId, (bytes) => { position += bytes; });
    let mine = false;
    try {
      for await (const chunk of await from.open(holder, range.digest, position, range.end, range.signal)) {
        mine = true;
        await onChunk(chunk.subarray(0, range.end - position), nodeId);
        mine = false;
        if (position >= range.end) break;
      }
    } catch (error) {
      // A full disk is no fault of the holder's.
      if (mine) throw error;
      range.signal?.throwIfAborted();
      log(`${range.digest.slice(0, 12)}… from ${nodeId}: ${messageOf(error)}`);
    }
    if (position < range.end) from.failed(nodeId);
    else from.took(nodeId, position - range.start, performance.now() - startedMs);
    return position;
  };

  const consoleNow = (): Holder => ({ nodeId: null, via: null, bytesPerSecond: consoleRate, roundTripMs: null, transfers: 0, failedAtMs: null });

  const readPiece = async (from: PeerArtifacts, range: ReadRange) => {
    const bytes = range.end - range.start;
    if (bytes < MIN_PEER_BYTES) return readConsole(range);
    const held = (await from.held(range.digest)).filter(({ ranges }) => ranges.some(([first, end]) => first <= range.start && range.end <= end));
    const { holders, why } = chooseHolder(bytes, [...held.map(({ holder }) => holder), consoleNow()], nowMs());
    if (holders.length > 1) log(`${range.digest.slice(0, 12)}… ${bytes} bytes: ${why}`);
    let position = range.start;
    for (const holder of holders) {
      if (holder.nodeId === null) break;
      position = await readPeer(from, holder, { ...range, start: position });
      if (position >= range.end) return;
    }
    await readConsole({ ...range, start: position });
  };

  return async (range) => {
    if (!peers || range.fromConsole || range.end - range.start < MIN_PEER_BYTES) return readConsole(range);
    const pieces = splitRange([range.start, range.end], await peers.held(range.digest), consoleNow(), nowMs());
    for (const [start, end] of pieces) await readPiece(peers, { ...range, start, end });
  };
}

/** `client()` is asked at every attempt: certificate and address may have changed in between. */
export function createConsoleSource(client: () => ConsoleClient): ArtifactSource {
  return async (range) => {
    let position = range.start;
    let failures = 0;
    while (position < range.end) {
      const before = position;
      try {
        for await (const chunk of await openAt(client(), range, position)) {
          const wanted = chunk.subarray(0, range.end - position);
          await range.onChunk(wanted, null);
          position += wanted.length;
          if (position >= range.end) break;
        }
        if (position < range.end) throw new AgentError("console-unreachable", `the connection ended after ${position - range.start} of ${range.end - range.start} bytes of artifact ${range.digest.slice(0, 12)}…`, { retry: true });
      } catch (error) {
        range.signal?.throwIfAborted();
        if (!isBroken(error)) throw error;
        failures = position > before ? 1 : failures + 1;
        if (failures >= MAX_ATTEMPTS_WITHOUT_BYTES) throw error;
        await sleep(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** failures) * (0.5 + Math.random() / 2), undefined, { signal: range.signal });
      }
    }
  };
}

/** A broken transfer is worth resuming; a refusal, a full disk or a wrong digest is not. */
function isBroken(error: unknown): boolean {
  if (error instanceof AgentError) return error.retry;
  return ["ECONNRESET", "EPIPE", "ETIMEDOUT", "ECONNREFUSED", "ERR_STREAM_PREMATURE_CLOSE"].includes((error as NodeJS.ErrnoException).code ?? "");
}

async function openAt(client: ConsoleClient, range: ReadRange, position: number): Promise<AsyncIterable<Uint8Array>> {
  const response = await client.open({
    method: "GET", path: `/artifacts/${range.digest}`, headers: { range: `bytes=${position}-${range.end - 1}` }, idleTimeoutMs: IDLE_TIMEOUT_MS, signal: range.signal,
  });
  const status = response.statusCode ?? 0;
  const start = /^bytes (\d+)-/.exec(response.headers["content-range"] ?? "")?.[1];
  if (status === 206 && Number(start) === position) return response as AsyncIterable<Uint8Array>;
  if (status === 200 && position === 0) return response as AsyncIterable<Uint8Array>;
  response.resume();
  if (status === 404 || status === 410) throw new AgentError("artifact-missing", `the console does not have artifact ${range.digest.slice(0, 12)}…`);
  throw new AgentError("console-refused", `the console answered ${status} to a range of artifact ${range.digest.slice(0, 12)}…`, { retry: status >= 500 || status === 429 });
}
