// Owns gRPC calls for tests as bare HTTP/2: what is sent of a call and when is the test's to say.
import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants, type IncomingHttpHeaders } from "node:http2";

/** How a call ended. `code`: gRPC's; null = the stream ended without one. */
export type CallEnd = { code: number | null; message: string; metadata: IncomingHttpHeaders; body: Buffer };
export type WireCall = { stream: ClientHttp2Stream; end: Promise<CallEnd> };

export function openSession(host: string): ClientHttp2Session {
  const session = connect(`http://${host}`);
  session.on("error", () => undefined);
  return session;
}

/** Its head is sent, and nothing more until the test writes to `stream`. */
export function openCall(session: ClientHttp2Session, method: string, headers: Record<string, string> = {}): WireCall {
  const stream = session.request({ ":method": "POST", ":path": `/inference.GRPCInferenceService/${method}`, "content-type": "application/grpc", te: "trailers", ...headers }, { endStream: false });
  const parts: Buffer[] = [];
  let told: IncomingHttpHeaders = {};
  stream.on("response", (head) => { told = { ...told, ...head }; });
  stream.on("trailers", (trailers) => { told = { ...told, ...trailers }; });
  stream.on("data", (part: Buffer) => parts.push(part));
  stream.on("error", () => undefined);
  const end = new Promise<CallEnd>((resolve) => {
    const done = () => {
      const code = told["grpc-status"];
      resolve({ code: code === undefined ? null : Number(code), message: decodeURI(String(told["grpc-message"] ?? "")), metadata: told, body: Buffer.concat(parts) });
    };
    // Its own side may be open: the other one's end is what counts, and trailers that come with it.
    stream.once("end", () => setImmediate(done)).once("close", done);
  });
  return { stream, end };
}

export const giveUp = ({ stream }: WireCall): void => stream.close(constants.NGHTTP2_CANCEL);
