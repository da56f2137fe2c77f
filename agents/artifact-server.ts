// Owns giving artifacts to other nodes of the fleet, over HTTP inside the data port's mutual TLS: what is held, and bytes of it, at a bounded rate. Also passes
// requests on to a node that the asking one does not reach, one hop and no further. Serves verified bytes only; whoever asks hashes all the same.
//
//   GET /artifacts/<digest>/held          {ranges: [[start, end]…], transfers}
//   GET /artifacts/<digest>  Range        206
//   GET /via/<nodeId>/artifacts/…         that one's own answer, whatever it is; 502 = it is not reached from here
import type { FileHandle } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { ByteRange } from "./sparse-file.ts";
import { DataAcceptor } from "./stage/data-tls.ts";
import type { TlsMaterial } from "./stage/messages.ts";

/** Transfers at once; more are refused, and the asking node goes to another holder. */
const MAX_TRANSFERS = 4;
const MAX_CONNECTIONS = 64;
const CHUNK_BYTES = 256 * 1024;
/** A reader that takes nothing for so long is dropped. */
const IDLE_TIMEOUT_MS = 15_000;
/** Told of one artifact; holes beyond that are not told. */
const MAX_RANGES = 10_000;

export type ArtifactServerOptions = {
  held(digest: string): Promise<ByteRange[]>;
  /** Null = not (all) here. The caller closes. */
  openHeld(digest: string, start: number, end: number): Promise<FileHandle | null>;
  /** Whether this node is one of the fleet, as the console last said. */
  isPeer(nodeId: string): boolean;
  /** Passes a request on; an answer of any status. Rejects when that node is not reached either. */
  relay(nodeId: string, path: string, range: string | undefined): Promise<IncomingMessage>;
  /** Bytes a second to all together. */
  bytesPerSecond: number;
};
export type ArtifactServer = { /** As the data port handed it out. */ accept(socket: Socket, tls: TlsMaterial): void; givenBytes(): number; stop(): void };

export function createArtifactServer(options: ArtifactServerOptions): ArtifactServer {
  const peers = new WeakMap<Socket, string>();
  const acceptors = new WeakMap<TlsMaterial, DataAcceptor>();
  let transfers = 0;
  let given = 0;
  let freeAtMs = 0;
  /** Spaces chunks so that all transfers together keep to the rate. */
  const pace = async (bytes: number) => {
    const nowMs = performance.now();
    freeAtMs = Math.max(freeAtMs, nowMs) + (bytes * 1000) / options.bytesPerSecond;
    if (freeAtMs - nowMs > 5) await sleep(freeAtMs - nowMs);
  };

  const send = async (res: ServerResponse, chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) {
      await pace(chunk.length);
      if (res.destroyed) return;
      given += chunk.length;
      if (!res.write(chunk)) await roomIn(res);
    }
    res.end();
  };

  const handle = async (req: IncomingMessage, res: ServerResponse) => {
    const path = req.url ?? "";
    const [, via, rest = ""] = /^(?:\/via\/([A-Za-z0-9_-]{1,80}))?(\/artifacts\/.*)$/.exec(path) ?? [];
    const [, digest, held] = /^\/artifacts\/([0-9a-f]{64})(\/held)?$/.exec(rest) ?? [];
    if (req.method !== "GET" || !digest) return refuse(res, 404);
    if (!options.isPeer(peers.get(req.socket) ?? "") || (via && !options.isPeer(via))) return refuse(res, 403);
    if (held && !via) return void res.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ ranges: (await options.held(digest)).slice(0, MAX_RANGES), transfers }));
    if (transfers >= MAX_TRANSFERS) return refuse(res, 503);
    transfers++;
    try {
      if (via) return await pass(await options.relay(via, rest, req.headers.range), res);
      const [, from, to] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(req.headers.range ?? "") ?? [];
      const [start, end] = [Number(from), Number(to) + 1];
      const file = Number.isSafeInteger(start) && end > start ? await options.openHeld(digest, start, end) : null;
      if (!file) return refuse(res, 404);
      try {
        res.writeHead(206, { "content-type": "application/octet-stream", "content-length": end - start, "content-range": `bytes ${start}-${end - 1}/*` });
        await send(res, read(file, start, end));
      } finally {
        await file.close();
      }
    } finally {
      transfers--;
    }
  };

  const pass = async (answer: IncomingMessage, res: ServerResponse) => {
    const { "content-length": length, "content-range": range, "content-type": type } = answer.headers;
    res.writeHead(answer.statusCode ?? 502, { ...(length ? { "content-length": length } : {}), ...(range ? { "content-range": range } : {}), ...(type ? { "content-type": type } : {}) });
    res.once("close", () => answer.destroy());
    await send(res, answer as AsyncIterable<Uint8Array>);
  };

  const server = createServer({ keepAliveTimeout: 10_000, headersTimeout: 10_000, requestTimeout: 0 }, (req, res) => {
    handle(req, res).catch(() => (res.headersSent ? res.destroy() : refuse(res, 502)));
  });
  const open = new Set<Socket>();
  return {
    accept(socket, tls) {
      if (open.size >= MAX_CONNECTIONS) return void socket.destroy();
      open.add(socket);
      socket.once("close", () => open.delete(socket));
      let acceptor = acceptors.get(tls);
      if (!acceptor) {
        acceptor = new DataAcceptor(tls, (secure, peerNodeId) => {
          peers.set(secure, peerNodeId);
          secure.setTimeout(IDLE_TIMEOUT_MS, () => secure.destroy());
          server.emit("connection", secure);
        });
        acceptors.set(tls, acceptor);
      }
      acceptor.accept(socket);
    },
    givenBytes: () => given,
    stop: () => { for (const socket of open) socket.destroy(); },
  };
}

function roomIn(res: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = () => { res.off("drain", go); res.off("close", go); resolve(); };
    res.on("drain", go);
    res.on("close", go);
  });
}

function refuse(res: ServerResponse, status: number): void {
  res.writeHead(status, { "content-length": 0 }).end();
}

async function* read(file: FileHandle, start: number, end: number): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end; ) {
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(CHUNK_BYTES, end - at)), 0, Math.min(CHUNK_BYTES, end - at), at);
    if (bytesRead === 0) throw new Error("the file is shorter than it was");
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
