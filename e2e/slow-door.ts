// Owns a narrow door between a node and the console: what the console sends to the node passes at a chosen rate, so that a fetch lasts as long as
// somebody wants to look at it. The node enrols through it, and finds the agents' port behind it too.
import { createServer as createHttp } from "node:http";
import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A piece passes at once; smaller ones make a steadier rate. */
const PIECE_BYTES = 4096;

export type SlowDoor = {
  /** What the agent is told as its console. */
  url: string;
  /** Before an agent comes: where the console is. */
  leadTo(consoleUrl: string): void;
  /** Of each connection, towards the node. Infinity = open wide. */
  setRate(bytesPerSecond: number): void;
  close(): Promise<void>;
};

export async function startSlowDoor(): Promise<SlowDoor> {
  let consoleUrl = "";
  let agentPort = 0;
  let rate = Number.POSITIVE_INFINITY;
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => { sockets.add(socket); socket.on("close", () => sockets.delete(socket)); socket.on("error", () => socket.destroy()); };
  const pass = async (from: Socket, to: Socket) => {
    for await (const chunk of from as AsyncIterable<Buffer>) {
      for (let at = 0; at < chunk.length; at += PIECE_BYTES) {
        const piece = chunk.subarray(at, at + PIECE_BYTES);
        if (Number.isFinite(rate)) await sleep((piece.length / rate) * 1000);
        if (to.destroyed) return;
        if (!to.write(piece)) await new Promise<void>((resolve) => { to.once("drain", resolve); to.once("close", () => resolve()); });
      }
    }
    to.end();
  };
  const forwarder = createServer((node) => {
    const inside = connect(agentPort, "127.0.0.1");
    keep(node);
    keep(inside);
    node.on("close", () => inside.destroy());
    inside.on("close", () => { if (node.readableEnded) node.destroy(); });
    node.pipe(inside);
    pass(inside, node).catch(() => node.destroy());
  });
  const front = createHttp((req, res) => {
    void (async () => {
      const answer = await fetch(`${consoleUrl}${req.url}`);
      const endpoint = (await answer.json()) as { port: number };
      agentPort = endpoint.port;
      res.writeHead(answer.status, { "content-type": "application/json" }).end(JSON.stringify({ ...endpoint, port: portOf(forwarder) }));
    })().catch((error: Error) => res.writeHead(502).end(error.message));
  });
  for (const server of [forwarder, front]) await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${portOf(front)}`,
    leadTo: (url) => { consoleUrl = url; },
    setRate: (bytesPerSecond) => { rate = bytesPerSecond; },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      front.closeAllConnections();
      await Promise.all([forwarder, front].map((server) => new Promise<void>((resolve) => server.close(() => resolve()))));
    },
  };
}

function portOf(server: Server | ReturnType<typeof createHttp>): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the door is not open");
  return address.port;
}
