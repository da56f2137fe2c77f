// Owns a node's one listening data port: reads the preamble of each dialled connection and hands the raw socket to whoever serves its target.
// Knows nothing of TLS or frames.
import { createServer, type AddressInfo, type Socket } from "node:net";
import { decodePreamble, PREAMBLE_ANSWERS, PREAMBLE_TIMEOUT_MS, type Preamble, type PreambleAnswer } from "../protocol/preamble.ts";

/** Connections whose preamble has not arrived yet; more are refused, so that strangers cannot exhaust descriptors. */
const MAX_WAITING = 256;

export type DataPort = { host: string; port: number; close(): Promise<void> };
export type DataPortOptions = {
  host: string;
  /** 0 = any. */
  port: number;
  /**
   * Takes the socket over (paused, preamble consumed): usually `child.send({type:"socket", dialled}, socket)`, or `answerProbe(socket, …)` for
   * kind "probe". Returns a refusal instead when nobody serves the target. The go-ahead byte is sent by whoever took the socket.
   */
  route(dialled: Preamble, socket: Socket): null | Exclude<PreambleAnswer, "go-ahead">;
};

/** Starts listening; rejects with the system's error (EADDRINUSE …). */
export function startDataPort(options: DataPortOptions): Promise<DataPort> {
  const waiting = new Set<Socket>();
  const server = createServer({ noDelay: true, keepAlive: true, keepAliveInitialDelay: 15_000 }, (socket) => {
    socket.on("error", () => socket.destroy());
    if (waiting.size >= MAX_WAITING) return refuse(socket, "busy");
    waiting.add(socket);
    const timer = setTimeout(() => socket.destroy(), PREAMBLE_TIMEOUT_MS);
    let received: Buffer = Buffer.alloc(0);
    const done = () => { clearTimeout(timer); waiting.delete(socket); };
    const onData = (bytes: Buffer) => {
      received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
      const result = decodePreamble(received);
      if (result.state === "more") return;
      socket.off("data", onData);
      socket.pause();
      done();
      if (result.state === "refused") return refuse(socket, result.answer);
      // The dialler waits for the go-ahead: bytes behind the preamble are a protocol error, and could not be handed over either.
      if (received.length !== result.bytes) return refuse(socket, "bad-preamble");
      const refusal = options.route(result.preamble, socket);
      if (refusal) refuse(socket, refusal);
    };
    socket.on("data", onData);
    socket.once("close", done);
  });
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, options.host, () => {
      server.off("error", reject);
      const { port } = server.address() as AddressInfo;
      resolve({ host: options.host, port, close: () => close(server, waiting) });
    });
  });
}

function refuse(socket: Socket, answer: PreambleAnswer): void {
  socket.end(Uint8Array.of(PREAMBLE_ANSWERS[answer]));
  socket.resume();
}

function close(server: ReturnType<typeof createServer>, waiting: Set<Socket>): Promise<void> {
  for (const socket of waiting) socket.destroy();
  // The port is free at once; the server's own "close" would wait for every connection that was handed to another process.
  server.close();
  return new Promise((resolve) => setImmediate(resolve));
}
