// The agents' door: Socket.io namespace /agents on the mutual-TLS listener. Who it is comes from the certificate alone; what it says is parsed,
// bounded and rate-limited; what it should do is pushed as one document whenever there is a newer one.
//
//   handshake ──certificate, version and hello hold──▶ connected ──"report"──▶ memory; "desired" ◀── newest version, one in flight
//   refused: `connect_error` with data {code, message, fix}; later: event "refused" {code, message, fix}, then the connection ends
import type { Server as HttpsServer } from "node:https";
import type { TLSSocket } from "node:tls";
import { Server, type Socket } from "socket.io";
import { type ConsoleAddress, CONTROL_VERSION, type Hello } from "../../agents/protocol/control.ts";
import type { LogPage, LogQuery } from "../../agents/protocol/log-page.ts";
import { authenticateNode } from "../commands/authenticate-node.ts";
import type { Deps } from "../commands/deps.ts";
import { recordDisconnect, recordHello } from "../commands/record-hello.ts";
import { recordReport } from "../commands/record-report.ts";
import { AppError } from "../errors.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { peerFingerprint } from "../trust/peer-fingerprint.ts";
import { MAX_REPOSITORY_CALLS, type RepositoryAnswer } from "../../agents/protocol/repository-call.ts";
import { loadModel } from "../commands/load-model.ts";
import { isLoopback } from "../env.ts";
import { parseHello, parseLogPage, parseMetricsPage, parseReport, parseRepositoryCall } from "./parse-agent-message.ts";

/** A measured profile of the largest models; everything else is a thousandth of it. */
export const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
/** Reports a second an agent may send for long, and at once. It sends one a second and one for each change. */
export const MAX_REPORTS_PER_SECOND = 20;
export const MAX_REPORT_BURST = 60;
/** Invalid messages of one connection before it is ended. */
export const MAX_INVALID_MESSAGES = 5;
/** An agent of a console that hangs must be with another one before its silence makes it lost (server/policy/presence.ts). */
const PING_INTERVAL_MS = 3_000;
const PING_TIMEOUT_MS = 5_000;
export const MAX_AGENT_CONNECTIONS = 20_000;
const PUSH_TIMEOUT_MS = 10_000;
/** Somebody waits for it. */
const LOG_TIMEOUT_MS = 5_000;
/** Half of what Prometheus waits by default. */
const METRICS_TIMEOUT_MS = 5_000;
/** After a push that was not acknowledged. */
const PUSH_RETRY_MS = 2_000;

/** Socket.io's reasons for an end that its own side or its system made; of the others, "ping timeout" says only that nothing is heard. */
const CLOSED_BY_AGENT = ["transport close", "transport error", "client namespace disconnect"];

type Connection = { socket: Socket; nodeId: string; name: string; tokens: number; tokensAtMs: number; invalid: number; sentVersion: number; isPushing: boolean; lastSeq: number; calls: number; isOpen: boolean };
export type AgentSockets = {
  close(): Promise<void>;
  /** Node ids with a connection. */
  connected(): string[];
  /** Where else agents may connect, this console's own address first; they remember it for when this one is away. */
  tellConsoles(addresses: ConsoleAddress[]): void;
};

/** `isOpen`: this console demands no credential of who reaches it, which only its own machine does. */
export function attachAgents(httpsServer: HttpsServer, deps: Deps, { isOpen = false }: { isOpen?: boolean } = {}): AgentSockets {
  const io = new Server(httpsServer, { transports: ["websocket"], maxHttpBufferSize: MAX_MESSAGE_BYTES, perMessageDeflate: false, serveClient: false, pingInterval: PING_INTERVAL_MS, pingTimeout: PING_TIMEOUT_MS });
  const connections = new Map<string, Connection>();
  const fleet = liveFleet(deps.db);
  const namespace = io.of("/agents");
  let consoles: ConsoleAddress[] = [];

  namespace.use((socket, next) => {
    admit(deps, socket, connections.size).then(
      () => next(),
      (error: unknown) => next(refusalOf(deps, error)),
    );
  });
  namespace.on("connection", (socket) => {
    const { nodeId, name } = socket.data as Identity;
    const connection: Connection = { socket, nodeId, name, tokens: MAX_REPORT_BURST, tokensAtMs: deps.clock.now(), invalid: 0, sentVersion: -1, isPushing: false, lastSeq: -1, calls: 0, isOpen: isOpen && isLoopback(plainAddress(socket.handshake.address)) };
    const old = connections.get(nodeId);
    connections.set(nodeId, connection);
    // One identity, one connection: the newest is the agent that runs now.
    if (old) refuse(old, { code: "conflict", message: "Another connection of this node took over.", fix: null });
    socket.on("report", (raw: unknown, acknowledge?: unknown) => takeReport(deps, connection, raw, acknowledge));
    socket.on("repository", (raw: unknown, acknowledge?: unknown) => void answerCall(deps, connection, raw).then((answer) => { if (typeof acknowledge === "function") acknowledge(answer); }));
    socket.on("error", (error) => deps.log.debug({ err: error, nodeId }, "an agent's socket failed"));
    socket.on("disconnect", (reason) => {
      if (connections.get(nodeId) !== connection) return;
      connections.delete(nodeId);
      recordDisconnect(deps, nodeId, CLOSED_BY_AGENT.includes(reason));
    });
    if (consoles.length > 0) socket.emit("consoles", consoles);
    void push(deps, connection);
  });

  const onDesired = (nodeId: string): void => {
    const connection = connections.get(nodeId);
    if (connection) void push(deps, connection);
  };
  const onRemoved = (nodeId: string, reason: string): void => {
    const connection = connections.get(nodeId);
    if (connection) refuse(connection, { code: "forbidden", message: reason, fix: "Enrol it again with a new join token." });
  };
  fleet.desiredListeners.add(onDesired);
  fleet.removalListeners.add(onRemoved);
  fleet.readLogs = async (nodeId, query) => readLogs(connections.get(nodeId), query);
  fleet.readMetrics = async (nodeId) => readMetrics(connections.get(nodeId));
  return {
    connected: () => [...connections.keys()],
    tellConsoles(addresses) {
      consoles = addresses;
      namespace.emit("consoles", addresses);
    },
    async close() {
      fleet.desiredListeners.delete(onDesired);
      fleet.removalListeners.delete(onRemoved);
      fleet.readLogs = null;
      fleet.readMetrics = null;
      namespace.disconnectSockets(true);
      // The listener is its owner's to close.
      io.engine.close();
    },
  };
}

type Identity = { nodeId: string; name: string };

/** @throws AppError with what the agent should know */
async function admit(deps: Deps, socket: Socket, connected: number): Promise<void> {
  if (connected >= MAX_AGENT_CONNECTIONS) throw new AppError("too-many", `The console serves ${MAX_AGENT_CONNECTIONS} agents already.`, { fix: "Remove nodes that are no longer used, or run another console." });
  const fingerprint = peerFingerprint(socket.request.socket as TLSSocket);
  if (!fingerprint) throw new AppError("unauthorized", "The connection has no certificate of this console's authority.", { fix: "Enrol the node with a join token." });
  const version = (socket.handshake.auth as { controlVersion?: unknown }).controlVersion;
  if (version !== CONTROL_VERSION) throw new AppError("bad-request", `This agent speaks version ${String(version).slice(0, 20)} of the control protocol, the console version ${CONTROL_VERSION}.`, { fix: "Install the agent this console serves (its /install.sh)." });
  const parsed = parseHello(socket.handshake.auth);
  if (!parsed.ok) throw new AppError("bad-request", parsed.reason, { fix: "Install the agent this console serves." });
  const node = await authenticateNode(deps, fingerprint);
  await recordHello(deps, { nodeId: node.id, hello: parsed.value satisfies Hello, remoteAddress: plainAddress(socket.handshake.address) });
  socket.data = { nodeId: node.id, name: node.name } satisfies Identity;
}

function takeReport(deps: Deps, connection: Connection, raw: unknown, acknowledge: unknown): void {
  const nowMs = deps.clock.now();
  connection.tokens = Math.min(MAX_REPORT_BURST, connection.tokens + ((nowMs - connection.tokensAtMs) / 1000) * MAX_REPORTS_PER_SECOND) - 1;
  connection.tokensAtMs = nowMs;
  if (connection.tokens < 0) return refuse(connection, { code: "too-many", message: `More than ${MAX_REPORTS_PER_SECOND} reports a second.`, fix: null });
  const parsed = parseReport(raw);
  if (!parsed.ok) {
    connection.invalid++;
    deps.log.warn({ nodeId: connection.nodeId, reason: parsed.reason }, "an agent's report was not valid");
    connection.socket.emit("invalid", { message: parsed.reason });
    if (connection.invalid >= MAX_INVALID_MESSAGES) refuse(connection, { code: "bad-request", message: parsed.reason, fix: "Install the agent this console serves." });
    return;
  }
  const report = parsed.value;
  if (typeof acknowledge === "function") acknowledge({ seq: report.seq });
  // A repeated or late one says nothing new.
  if (report.seq <= connection.lastSeq) return;
  connection.lastSeq = report.seq;
  recordReport(deps, { nodeId: connection.nodeId, name: connection.name, report });
}

/** Never rejects. */
async function answerCall(deps: Deps, connection: Connection, raw: unknown): Promise<RepositoryAnswer> {
  const parsed = parseRepositoryCall(raw);
  if (!parsed.ok) return { ok: false, code: "failed", message: parsed.reason };
  if (connection.calls >= MAX_REPOSITORY_CALLS) return { ok: false, code: "too-many", message: `the console works on ${MAX_REPOSITORY_CALLS} of this node already` };
  connection.calls += 1;
  try {
    return await loadModel(deps, { call: parsed.value, nodeId: connection.nodeId, nodeName: connection.name, needsKey: !connection.isOpen });
  } catch (error) {
    deps.log.warn({ err: error, nodeId: connection.nodeId }, "a model could not be loaded or unloaded");
    return { ok: false, code: "unavailable", message: "the console cannot do it right now" };
  } finally {
    connection.calls -= 1;
  }
}

/** Rejects when the agent is away, silent, or answers what is no log. */
async function readLogs(connection: Connection | undefined, query: LogQuery): Promise<LogPage> {
  if (!connection) throw new Error("it is not connected");
  const answer: unknown = await connection.socket.timeout(LOG_TIMEOUT_MS).emitWithAck("logs", query);
  const parsed = parseLogPage(answer);
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.value;
}

/** Text exposition format. Rejects when the agent is away, silent, or answers with none. */
async function readMetrics(connection: Connection | undefined): Promise<string> {
  if (!connection) throw new Error("it is not connected");
  const parsed = parseMetricsPage(await connection.socket.timeout(METRICS_TIMEOUT_MS).emitWithAck("metrics"));
  if (!parsed.ok) throw new Error(parsed.reason);
  if (parsed.value.text === null) throw new Error(parsed.value.error ?? "it told no reason");
  return parsed.value.text;
}

/** Always the newest document, one at a time: what is pushed meanwhile is overtaken, not queued. */
async function push(deps: Deps, connection: Connection): Promise<void> {
  if (connection.isPushing) return;
  connection.isPushing = true;
  try {
    for (;;) {
      const entry = liveFleet(deps.db).desired.get(connection.nodeId);
      if (!connection.socket.connected || !entry || entry.document.version <= connection.sentVersion) return;
      const { document } = entry;
      try {
        const answer: unknown = await connection.socket.timeout(PUSH_TIMEOUT_MS).emitWithAck("desired", document);
        connection.sentVersion = document.version;
        const cursor = (answer as { cursor?: unknown } | null)?.cursor;
        const live = liveFleet(deps.db).nodes.get(connection.nodeId);
        if (live && typeof cursor === "number" && cursor <= document.version) live.cursor = cursor;
      } catch {
        await new Promise((resolve) => setTimeout(resolve, PUSH_RETRY_MS).unref());
      }
    }
  } finally {
    connection.isPushing = false;
  }
}

type Refused = { code: string; message: string; fix: string | null };

function refuse(connection: Connection, refused: Refused): void {
  connection.socket.emit("refused", refused);
  connection.socket.disconnect(true);
}

/** Socket.io passes `data` on to the client. What is not ours to tell stays in the log. */
function refusalOf(deps: Deps, error: unknown): Error & { data: Refused } {
  if (error instanceof AppError) return Object.assign(new Error(error.message), { data: { code: error.code, message: error.message, fix: error.fix } });
  deps.log.warn({ err: error }, "an agent could not be admitted");
  const message = "The console can't admit agents right now.";
  return Object.assign(new Error(message), { data: { code: "unavailable", message, fix: "It is tried again by itself." } });
}

/** "::ffff:10.0.0.1" is 10.0.0.1. */
function plainAddress(address: string): string {
  return address.startsWith("::ffff:") ? address.slice("::ffff:".length) : address;
}
