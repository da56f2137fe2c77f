// Owns one port for two protocols: a connection that begins with HTTP/2's preface (or chose it in TLS) is gRPC's, every other one HTTP/1's.
import type { Server } from "node:http";
import { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { ConnectionLimit } from "./connection-limit.ts";

/** A connection that says nothing is ended. */
const FIRST_BYTE_WITHIN_MS = 20_000;
/** RFC 9113, 3.4 begins with this; no HTTP/1 method does. */
const PREFACE = Buffer.from("PRI");

/** `toHttp2` gets the connection with nothing of it read; all are added to `connections` before. */
export function splitProtocols(server: Server, connections: ConnectionLimit, toHttp2: (socket: Socket) => void): void {
  const secure = server instanceof HttpsServer;
  const event = secure ? "secureConnection" : "connection";
  const serve = server.listeners(event) as ((socket: Socket) => void)[];
  server.removeAllListeners(event);
  const toHttp1 = (socket: Socket) => { for (const listener of serve) listener.call(server, socket); };
  server.on(event, (socket: Socket) => {
    connections.add(socket);
    if (secure) return (socket as TLSSocket).alpnProtocol === "h2" ? toHttp2(socket) : toHttp1(socket);
    byFirstBytes(socket, toHttp1, toHttp2);
  });
}

function byFirstBytes(socket: Socket, toHttp1: (socket: Socket) => void, toHttp2: (socket: Socket) => void): void {
  const drop = () => socket.destroy();
  const look = () => {
    const first = socket.read() as Buffer | null;
    if (first === null) return;
    socket.removeListener("readable", look);
    socket.removeListener("timeout", drop);
    socket.removeListener("end", drop);
    socket.removeListener("error", drop);
    socket.setTimeout(0);
    socket.unshift(first);
    if (!first.subarray(0, PREFACE.length).equals(PREFACE)) return toHttp1(socket);
    // HTTP/1's server lets clients end their side first; over HTTP/2 that ends the connection.
    socket.allowHalfOpen = false;
    // Seen by the stream when the end came together with the first bytes; a later one is the session's to see.
    socket.once("end", drop);
    toHttp2(socket);
  };
  socket.setTimeout(FIRST_BYTE_WITHIN_MS);
  socket.once("timeout", drop).once("end", drop).once("error", drop).on("readable", look);
}
