// Owns what an ingress is held beside, each in a process of its own: a bare node:http handler that parses the same bodies and answers in kind, and the
// least that also serves the model: the same handler, one mutual TLS connection to another process, the session in a bare call there.
import { type ChildProcess, fork } from "node:child_process";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { connect as connectTls, createServer as createTls } from "node:tls";
import { fileURLToPath } from "node:url";
import * as ort from "onnxruntime-node";
import type { TlsMaterial } from "../agents/stage/messages.ts";

const WIDTH = 4;
/** Of what travels between the two processes: a number, then the tensor. */
const RECORD_BYTES = 4 + WIDTH * 4;
type Start = { role: "bare" | "hop"; tls: TlsMaterial; port: number } | { role: "session"; tls: TlsMaterial; modelPath: string };

/** `modelPath`: of one input v0 and one output v1, float32 [1, 4]. */
export async function startBareHandlers(tls: TlsMaterial, modelPath: string): Promise<{ bare: BareHandler; hop: BareHandler; session: BareHandler; close(): void }> {
  const session = await startHandler({ role: "session", tls, modelPath });
  const [bare, hop] = [await startHandler({ role: "bare", tls, port: 0 }), await startHandler({ role: "hop", tls, port: session.port })];
  return { bare, hop, session, close: () => { for (const { child } of [bare, hop, session]) child.disconnect(); } };
}

export type BareHandler = { child: ChildProcess; port: number; url: string };

async function startHandler(start: Start): Promise<BareHandler> {
  const child = fork(fileURLToPath(import.meta.url), [], { execArgv: process.execArgv });
  child.send(start);
  const port = await new Promise<number>((resolve) => child.once("message", (told) => resolve(told as number)));
  return { child, port, url: `http://127.0.0.1:${port}` };
}

/** The tensor of a request: JSON parsed as JSON, bytes viewed as bytes. */
function tensorOf(req: IncomingMessage, body: Buffer): { values: Float32Array; binary: boolean } {
  const length = Number(req.headers["inference-header-content-length"] ?? body.length);
  const json = JSON.parse(body.toString("utf8", 0, length)) as { inputs: { data?: number[] }[] };
  const binary = length < body.length;
  return { values: binary ? new Float32Array(body.buffer.slice(body.byteOffset + length, body.byteOffset + body.length)) : Float32Array.from(json.inputs[0]!.data!), binary };
}

function answer(res: ServerResponse, values: Float32Array, binary: boolean): void {
  const output = { name: "v1", datatype: "FP32", shape: [1, WIDTH] };
  const told = Buffer.from(JSON.stringify({ model_name: "tiny", model_version: "1", outputs: [binary ? { ...output, parameters: { binary_data_size: values.byteLength } } : { ...output, data: [...values] }] }));
  const bytes = binary ? Buffer.concat([told, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]) : told;
  res.writeHead(200, { "content-type": binary ? "application/octet-stream" : "application/json", "content-length": bytes.length });
  res.end(bytes);
}

function serve(run: (values: Float32Array, done: (values: Float32Array) => void) => void): void {
  const server = createServer((req, res) => {
    const parts: Buffer[] = [];
    req.on("data", (part: Buffer) => parts.push(part));
    req.on("end", () => {
      const { values, binary } = tensorOf(req, Buffer.concat(parts));
      run(values, (outputs) => answer(res, outputs, binary));
    });
  });
  server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
}

const tlsOf = ({ keyPem, certificatePem, caPem }: TlsMaterial) => ({ key: keyPem, cert: certificatePem, ca: caPem, minVersion: "TLSv1.3" as const });

/** Calls with each whole record that comes in. */
function eachRecord(socket: Socket, take: (record: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.setNoDelay(true);
  socket.on("data", (part: Buffer) => {
    rest = rest.length === 0 ? part : Buffer.concat([rest, part]);
    while (rest.length >= RECORD_BYTES) { take(rest.subarray(0, RECORD_BYTES)); rest = rest.subarray(RECORD_BYTES); }
  });
}

const recordOf = (id: number, values: Float32Array): Buffer => {
  const record = Buffer.allocUnsafe(RECORD_BYTES);
  record.writeUInt32LE(id, 0);
  record.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), 4);
  return record;
};
const valuesOf = (record: Buffer): Float32Array => new Float32Array(record.buffer.slice(record.byteOffset + 4, record.byteOffset + RECORD_BYTES));

async function serveOverHop({ tls, port }: Extract<Start, { role: "bare" | "hop" }>): Promise<void> {
  const socket = connectTls({ ...tlsOf(tls), host: "127.0.0.1", port, checkServerIdentity: () => undefined });
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  const waiting = new Map<number, (values: Float32Array) => void>();
  let nextId = 0;
  eachRecord(socket, (record) => {
    const id = record.readUInt32LE(0);
    waiting.get(id)?.(valuesOf(record));
    waiting.delete(id);
  });
  serve((values, done) => { waiting.set(++nextId, done); socket.write(recordOf(nextId, values)); });
}

async function serveSession({ tls, modelPath }: Extract<Start, { role: "session" }>): Promise<void> {
  const session = await ort.InferenceSession.create(modelPath, { intraOpNumThreads: 1, interOpNumThreads: 1 });
  const server = createTls({ ...tlsOf(tls), requestCert: true, rejectUnauthorized: true }, (socket) => {
    socket.on("error", () => undefined);
    eachRecord(socket, (record) => {
      const id = record.readUInt32LE(0);
      void session.run({ v0: new ort.Tensor("float32", valuesOf(record), [1, WIDTH]) }).then(({ v1 }) => socket.write(recordOf(id, v1!.data as Float32Array)));
    });
  });
  server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
}

if (process.send && process.argv[1] === fileURLToPath(import.meta.url)) {
  process.on("disconnect", () => process.exit(0));
  process.once("message", (start: Start) => {
    if (start.role === "session") void serveSession(start);
    else if (start.role === "hop") void serveOverHop(start);
    else serve((values, done) => done(values));
  });
}
