// Owns reading bytes of an artifact from the console, any range of it, going on where a broken connection stopped. Does not verify: whoever asked hashes.
import { setTimeout as sleep } from "node:timers/promises";
import { AgentError } from "./agent-error.ts";
import type { ConsoleClient } from "./console-client.ts";

export type ReadRange = {
  digest: string;
  /** First byte, and the one after the last. */
  start: number; end: number;
  /** Called in order, each chunk exactly once, also over several connections; awaited, so a slow disk slows the network. */
  onChunk(chunk: Uint8Array): Promise<void> | void;
  signal?: AbortSignal;
};
export type ArtifactSource = (range: ReadRange) => Promise<void>;

/** Attempts without a single new byte before the caller is told; a transfer that moves, however often it breaks, is never given up. */
const MAX_ATTEMPTS_WITHOUT_BYTES = 5;
const FIRST_PAUSE_MS = 200;
const MAX_PAUSE_MS = 5_000;
/** A connection that delivers nothing for this long is replaced. */
const IDLE_TIMEOUT_MS = 15_000;

/** `client()` is asked at every attempt: certificate and address may have changed in between. */
export function createArtifactSource(client: () => ConsoleClient): ArtifactSource {
  return async (range) => {
    let position = range.start;
    let failures = 0;
    while (position < range.end) {
      const before = position;
      try {
        for await (const chunk of await openAt(client(), range, position)) {
          const wanted = chunk.subarray(0, range.end - position);
          await range.onChunk(wanted);
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
