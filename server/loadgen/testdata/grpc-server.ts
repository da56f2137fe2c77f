// For tests: a server of HTTP/2 on which each gRPC method does what a test says, byte for byte: also what no library would send.
import { createServer, type Http2Server, type ServerHttp2Session, type ServerHttp2Stream, type IncomingHttpHeaders } from "node:http2";
import type { AddressInfo } from "node:net";
import { encoderOf } from "../../../agents/ingress/grpc/inference-messages.ts";
import { framed } from "../targets/grpc-caller.ts";

export type GrpcAct = (stream: ServerHttp2Stream, message: Buffer, headers: IncomingHttpHeaders) => void;
export type GrpcTestServer = { url: string; /** Connections taken so far. */ sessions: ServerHttp2Session[]; close(): Promise<void> };

export async function startGrpcServer(acts: Record<string, GrpcAct>, { maxConcurrentStreams }: { maxConcurrentStreams?: number } = {}): Promise<GrpcTestServer> {
  const server: Http2Server = createServer(maxConcurrentStreams === undefined ? {} : { settings: { maxConcurrentStreams } });
  const sessions: ServerHttp2Session[] = [];
  server.on("session", (session) => { sessions.push(session); });
  server.on("stream", (stream, headers) => {
    const pieces: Buffer[] = [];
    stream.on("error", () => undefined);
    stream.on("data", (piece: Buffer) => pieces.push(piece));
    stream.on("end", () => acts[String(headers[":path"]).split("/").at(-1)!]!(stream, Buffer.concat(pieces).subarray(5), headers));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `grpc://127.0.0.1:${(server.address() as AddressInfo).port}`, sessions,
    close: () => new Promise((resolve) => {
      for (const session of sessions) session.destroy();
      server.close(() => resolve());
    }),
  };
}

export const HEAD = { ":status": 200, "content-type": "application/grpc" };

export function answerWith(stream: ServerHttp2Stream, body: Buffer, trailers: Record<string, string>): void {
  if (stream.destroyed || stream.closed) return;
  stream.respond(HEAD, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(trailers));
  stream.end(body);
}

export const reply = (type: string, value: object): GrpcAct => (stream) => answerWith(stream, framed(encoderOf(type)(value)), { "grpc-status": "0" });
/** A failure as servers send it: headers alone. */
export const refuse = (code: number, words: string): GrpcAct => (stream) => { stream.respond({ ...HEAD, "grpc-status": String(code), "grpc-message": encodeURIComponent(words) }, { endStream: true }); };

export const DESCRIBED: Record<string, GrpcAct> = {
  ServerMetadata: reply("ServerMetadataResponse", { name: "synthetic", version: "1" }),
  ModelMetadata: reply("ModelMetadataResponse", { name: "m", inputs: [{ name: "x", datatype: "FP32", shape: [-1, 4] }], outputs: [{ name: "y", datatype: "FP32", shape: [-1, 4] }] }),
};
