// One hop of a tensor through our framing against a bare exchange of the same bytes, interleaved in one run, each side in a process of its own.
// Message → 8 bytes (ours: one control frame) back. See bench/METHODOLOGY.md.
import { fork, type ChildProcess } from "node:child_process";
import { connect as connectTcp, createServer, type AddressInfo, type Socket } from "node:net";
import { createSecureContext, connect as connectTls, createServer as createTls, type TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { BufferPool } from "../agents/stage/buffer-pool.ts";
import { FrameConnection } from "../agents/stage/frame-connection.ts";
import type { TlsMaterial } from "../agents/stage/messages.ts";
import { readInto } from "../agents/stage/user-buffer.ts";
import { testTrust } from "../agents/stage/testdata/test-trust.ts";
import { reportBench, type Figure } from "./report.ts";

const SIZES = [4 * 1024, 64 * 1024, 1024 * 1024, 8 * 1024 * 1024];
const ROUNDS = 24;
/** Unmeasured exchanges first: code of a service that has run for a while is compiled. */
const WARM_UP = 3000;
/** Exchanges per size, kind and round: about 40 ms of each. */
const exchanges = (bytes: number): number => Math.max(8, Math.min(200, Math.round((24 * 1024 * 1024) / bytes)));
/** Messages under way while throughput is measured: a stage's usual credits for small ones, a few for large ones. */
const windowOf = (bytes: number): number => (bytes < 1024 * 1024 ? 16 : 4);
const KINDS = ["bare", "ours", "bareTls", "oursTls"] as const;
type Kind = (typeof KINDS)[number];
type ToReceiver = { type: "start"; ports: Record<Kind, number>; tls: TlsMaterial } | { type: "size"; bytes: number };

const secure = (tls: TlsMaterial) => ({ key: tls.keyPem, cert: tls.certificatePem, ca: tls.caPem, minVersion: "TLSv1.3" as const });
const isTls = (kind: Kind): boolean => kind.endsWith("Tls");
const isOurs = (kind: Kind): boolean => kind.startsWith("ours");

// ── receiver: its own process; dials, as receivers do ──
function receive(): void {
  const pool = new BufferPool();
  let expected = 0;
  const bare = (kind: Kind, port: number, tls: TlsMaterial) => {
    const memory = Buffer.alloc(Math.max(...SIZES));
    let got = 0;
    const ack = Buffer.alloc(8);
    const onread = {
      buffer: () => memory.subarray(got, expected || memory.length),
      callback: (count: number) => { got += count; if (got === expected) { got = 0; socket.write(ack); } return true; },
    };
    const socket: Socket = isTls(kind)
      ? connectTls({ host: "127.0.0.1", port, secureContext: createSecureContext(secure(tls)), checkServerIdentity: () => undefined, onread } as never)
      : connectTcp({ host: "127.0.0.1", port, noDelay: true, onread } as never);
    socket.setNoDelay(true);
    socket.on("error", () => process.exit(0));
  };
  const ours = (kind: Kind, port: number, tls: TlsMaterial) => {
    const start = (socket: Socket) => new FrameConnection(socket, "", {
      maxPayloadBytes: 64 * 1024 * 1024, pool,
      onMessage: (message, connection) => { pool.release(message.buffer); connection.sendControl("credit", { value: 1 }); },
      onControl: () => undefined, onClose: () => undefined,
    });
    const raw = connectTcp({ host: "127.0.0.1", port, noDelay: true }, () => {
      if (!isTls(kind)) return void start(raw);
      const socket = connectTls({ socket: raw, secureContext: createSecureContext(secure(tls)), checkServerIdentity: () => undefined }, () => start(socket));
    });
  };
  process.on("message", (message: ToReceiver) => {
    if (message.type === "size") { expected = message.bytes; process.send!("sized"); return; }
    for (const kind of KINDS) (isOurs(kind) ? ours : bare)(kind, message.ports[kind], message.tls);
  });
  process.on("disconnect", () => process.exit(0));
  process.send!("booted");
}

// ── sender: this process ──
type Lane = { send(bytes: Uint8Array): void; onAck: () => void };

function lane(kind: Kind, socket: Socket): Lane {
  const self: Lane = { send: () => undefined, onAck: () => undefined };
  if (isOurs(kind)) {
    let requestId = 1;
    const connection = new FrameConnection(socket, "", {
      maxPayloadBytes: 0, pool: new BufferPool(), onMessage: () => undefined, onClose: () => undefined,
      onControl: (frame) => { if (frame.type === "credit") self.onAck(); },
    });
    self.send = (data) => connection.sendMessage({
      requestId: requestId++, originId: 1, attempt: 1, epoch: 1, streamId: 0, stepIndex: 0, flags: 0, deadlineMs: 1000, traces: [],
      tensors: [{ name: "activation", dataType: "uint8", shape: [data.length], data }],
    });
    return self;
  }
  let acked = 0;
  const count = (bytes: number) => { for (acked += bytes; acked >= 8; acked -= 8) self.onAck(); };
  const memory = Buffer.alloc(4096);
  if (!readInto(socket, () => memory, count)) socket.on("data", (bytes: Buffer) => count(bytes.length));
  socket.resume();
  self.send = (data) => void socket.write(data);
  return self;
}

function listen(kind: Kind, tls: TlsMaterial): Promise<{ port: number; lane: Promise<Lane>; close(): void }> {
  return new Promise((resolve) => {
    let accepted: (lane: Lane) => void = () => undefined;
    const promise = new Promise<Lane>((done) => { accepted = done; });
    const onSocket = (socket: Socket | TLSSocket) => { socket.setNoDelay(true); socket.on("error", () => undefined); accepted(lane(kind, socket)); };
    const server = isTls(kind) ? createTls({ ...secure(tls), requestCert: true, rejectUnauthorized: true }, onSocket) : createServer({ noDelay: true }, onSocket);
    server.listen(0, "127.0.0.1", () => resolve({ port: (server.address() as AddressInfo).port, lane: promise, close: () => server.close() }));
  });
}

function exchange(lane: Lane, data: Uint8Array, count: number, window: number): Promise<{ latenciesMs: number[]; seconds: number }> {
  return new Promise((resolve) => {
    const latenciesMs: number[] = [];
    const sentAt: number[] = [];
    const startedAt = performance.now();
    let sent = 0;
    const send = () => { sent++; sentAt.push(performance.now()); lane.send(data); };
    lane.onAck = () => {
      latenciesMs.push(performance.now() - sentAt.shift()!);
      if (sent < count) send();
      else if (latenciesMs.length === count) resolve({ latenciesMs, seconds: (performance.now() - startedAt) / 1000 });
    };
    for (let i = 0; i < Math.min(window, count); i++) send();
  });
}

const median = (values: number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
/** Median of the rounds' own ratios: what the machine did meanwhile hits both sides of a round alike. */
const pairedRatio = (ours: number[], bare: number[]): number => median(ours.map((value, round) => value / bare[round]!));
const label = (bytes: number): string => (bytes >= 1024 * 1024 ? `${bytes / 1024 / 1024} MB` : `${bytes / 1024} KB`);

async function receiverSize(child: ChildProcess, bytes: number): Promise<void> {
  const sized = new Promise((resolve) => child.once("message", resolve));
  child.send({ type: "size", bytes } satisfies ToReceiver);
  await sized;
}

async function run(): Promise<void> {
  const trust = await testTrust();
  const tls = await trust.node("nod_bench");
  const listeners = {} as Record<Kind, Awaited<ReturnType<typeof listen>>>;
  for (const kind of KINDS) listeners[kind] = await listen(kind, tls);
  const child = fork(fileURLToPath(import.meta.url), ["receiver"], { serialization: "advanced", execArgv: process.execArgv });
  await new Promise((resolve) => child.once("message", resolve));
  await receiverSize(child, SIZES[0]!);
  child.send({ type: "start", ports: Object.fromEntries(KINDS.map((kind) => [kind, listeners[kind].port])) as Record<Kind, number>, tls } satisfies ToReceiver);
  const lanes = {} as Record<Kind, Lane>;
  for (const kind of KINDS) lanes[kind] = await listeners[kind].lane;
  const figures: Figure[] = [];
  for (const bytes of SIZES) {
    // The bare receiver learns a size by message; a read into memory it offered earlier must not be under way, hence one size at a time.
    await receiverSize(child, bytes);
    const data = new Uint8Array(bytes).fill(7);
    const latencies = Object.fromEntries(KINDS.map((kind) => [kind, [] as number[]])) as Record<Kind, number[]>;
    const rates = Object.fromEntries(KINDS.map((kind) => [kind, [] as number[]])) as Record<Kind, number[]>;
    for (const kind of KINDS) await exchange(lanes[kind], data, bytes === SIZES[0] ? WARM_UP : 20, windowOf(bytes));
    for (let round = 0; round < ROUNDS; round++) {
      for (const kind of round % 2 === 0 ? KINDS : [...KINDS].reverse()) {
        latencies[kind].push(median((await exchange(lanes[kind], data, exchanges(bytes), 1)).latenciesMs));
        const { seconds } = await exchange(lanes[kind], data, exchanges(bytes), windowOf(bytes));
        rates[kind].push((exchanges(bytes) * bytes) / seconds);
      }
    }
    figures.push(...figuresOf(bytes, latencies, rates));
  }
  child.disconnect();
  for (const listener of Object.values(listeners)) listener.close();
  process.exit(reportBench("data-plane", figures) ? 0 : 1);
}

function figuresOf(bytes: number, latencies: Record<Kind, number[]>, rates: Record<Kind, number[]>): Figure[] {
  const large = bytes >= 1024 * 1024;
  return [["", "bare", "ours", "bare node:net onread"], ["mutual TLS, ", "bareTls", "oursTls", "bare mutual TLS onread"]].flatMap(([prefix, bare, ours, against]): Figure[] => {
    const plain = prefix === "";
    return [
      { figure: `${prefix}p50 of one hop, ${label(bytes)}`, value: median(latencies[ours as Kind]), unit: "ms", against: against!, ratio: pairedRatio(latencies[ours as Kind], latencies[bare as Kind]), ...(plain ? { target: { op: "<=" as const, than: large ? 1.2 : 1.5 } } : {}) },
      { figure: `${prefix}throughput, ${label(bytes)}`, value: median(rates[ours as Kind]) / 1e6, unit: "MB/s", against: against!, ratio: pairedRatio(rates[ours as Kind], rates[bare as Kind]), target: { op: ">=", than: 0.9 } },
    ];
  });
}

if (process.argv[2] === "receiver") receive();
else await run();
