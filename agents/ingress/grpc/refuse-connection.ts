// Owns what a gRPC client is told on a connection that is not served: each call ends with the refusal, and the connection after it. Needs no more than Node's own HTTP/2.
import { createServer, type Http2Server } from "node:http2";
import type { Socket } from "node:net";
import type { Refusal } from "../refusal.ts";

/** gRPC's code of HTTP's 503. */
const UNAVAILABLE = 14;

/** `refusal` is asked with every call. Gives what takes a connection of which nothing was read. */
export function refuseConnections(refusal: () => Refusal): (socket: Socket) => void {
  const server: Http2Server = createServer();
  server.on("stream", (stream) => {
    const { code, message, retryAfterSeconds } = refusal();
    stream.on("error", () => undefined);
    stream.respond({
      ":status": 200, "content-type": "application/grpc", "grpc-status": String(UNAVAILABLE), "grpc-message": encodeURI(message), "cutplane-code": code,
      ...(retryAfterSeconds === null ? {} : { "retry-after": String(retryAfterSeconds) }),
    }, { endStream: true });
    // What still comes of its message is thrown away.
    stream.resume();
    stream.session?.close();
  });
  server.on("sessionError", () => undefined);
  return (socket) => void server.emit("connection", socket);
}
