// Owns the connection to the console: Socket.io over mutual TLS with the console's CA pinned. Reconnects for ever; a refusal slows it down, nothing stops it.
// Knows nothing of what is desired or observed beyond carrying it.
import { io, type Socket } from "socket.io-client";
import { checkConsoleIdentity } from "./console-client.ts";
import type { Identity } from "./identity.ts";
import type { ConsoleAddress, Desired, Hello, Report } from "./protocol/control.ts";
import type { LogPage, LogQuery } from "./protocol/log-page.ts";
import { MAX_METRICS_CHARS, type MetricsPage } from "./protocol/metrics-page.ts";
import { REPOSITORY_FAILURES, REPOSITORY_WAIT_MS, type RepositoryAnswer, type RepositoryCall } from "./protocol/repository-call.ts";

export type LinkState = { kind: "connected" } | { kind: "lost"; message: string } | { kind: "refused"; code: string; message: string };
export type ControlLink = {
  connected(): boolean;
  /** False = not connected; nothing is queued, since the next connection begins with a whole report. */
  send(report: Report): boolean;
  /** Answers when it is done. Never rejects: a console that is away is an answer too. */
  ask(call: RepositoryCall): Promise<RepositoryAnswer>;
  /** Anew with the present identity (renewed certificate, moved console). */
  reconnect(): void;
  close(): void;
};
export type ControlLinkOptions = {
  identity(): Identity;
  hello(): Hello;
  /** Stores first, then resolves with the cursor to acknowledge. A rejection is not acknowledged, so the console sends it again. */
  onDesired(desired: unknown): Promise<number>;
  /** Somebody looks at this node's log. The query is as it came. */
  onLogs(query: Partial<LogQuery> | null): LogPage;
  /** Prometheus asks through the console: text exposition format. */
  onMetrics(): Promise<string>;
  /** What went wrong with a message; the connection goes on. */
  onProblem(message: string): void;
  /** The console told of all consoles an agent may connect to, as it came. */
  onConsoles(told: unknown): void;
  /** Before the state: the address that answered, which may be another than the identity's. */
  onAddress(address: ConsoleAddress): void;
  onState(state: LinkState): void;
};

export const CONSOLE_AWAY: RepositoryAnswer = { ok: false, code: "unavailable", message: "this node has no connection to its console, which is what starts and stops deployments" };
/** The console answers before that. */
const ASK_TIMEOUT_MS = REPOSITORY_WAIT_MS + 15_000;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 15_000;
/** A console that says no keeps saying it until someone acts; asking it every minute costs nobody anything. */
const REFUSED_PAUSE_MS = 60_000;
const CONNECT_TIMEOUT_MS = 15_000;
/** Where there is another console to try, one that hangs is not waited for as long. */
const CONNECT_TIMEOUT_OF_SEVERAL_MS = 4_000;

export function createControlLink(options: ControlLinkOptions): ControlLink {
  let socket: Socket | null = null;
  let timer: NodeJS.Timeout | null = null;
  let attempts = 0;
  let closed = false;

  const again = (pauseMs: number) => {
    if (timer) clearTimeout(timer);
    if (!closed) timer = setTimeout(connect, pauseMs * (0.5 + Math.random() / 2));
  };
  // Every console is tried before the pause grows.
  const backOff = () => again(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(10, Math.floor(attempts++ / addresses().length))));
  const addresses = (): ConsoleAddress[] => {
    const { host, port, others = [] } = options.identity();
    return [{ host, port }, ...others];
  };

  const drop = () => {
    socket?.removeAllListeners();
    socket?.disconnect();
    socket = null;
  };

  // A manager of its own per attempt: socket.io-client keeps the TLS options of its first connection, and does not retry a refused one.
  const connect = () => {
    drop();
    const identity = options.identity();
    const all = addresses();
    const address = all[attempts % all.length] ?? identity;
    const host = address.host.includes(":") ? `[${address.host}]` : address.host;
    const tls = { ca: identity.caPem, cert: identity.certificatePem, key: identity.keyPem, rejectUnauthorized: true, minVersion: "TLSv1.3", checkServerIdentity: checkConsoleIdentity };
    const current = io(`https://${host}:${address.port}/agents`, {
      ...(tls as object), transports: ["websocket"], reconnection: false, forceNew: true, multiplex: false, timeout: all.length > 1 ? CONNECT_TIMEOUT_OF_SEVERAL_MS : CONNECT_TIMEOUT_MS,
      auth: (give) => give(options.hello()),
    });
    socket = current;
    current.on("connect", () => {
      attempts = 0;
      options.onAddress(address);
      options.onState({ kind: "connected" });
    });
    current.on("consoles", (told: unknown) => options.onConsoles(told));
    current.on("desired", (desired: Desired, acknowledge?: (answer: { cursor: number }) => void) => {
      options.onDesired(desired).then((cursor) => acknowledge?.({ cursor }), (error: Error) => options.onProblem(`the desired state could not be taken: ${error.message}`));
    });
    current.on("logs", (query: Partial<LogQuery> | null, acknowledge?: (page: LogPage) => void) => acknowledge?.(options.onLogs(query)));
    current.on("metrics", (acknowledge?: (page: MetricsPage) => void) => {
      options.onMetrics().then((text) => acknowledge?.(text.length <= MAX_METRICS_CHARS ? { text, error: null } : { text: null, error: `its figures take ${text.length} characters, more than ${MAX_METRICS_CHARS}` }), (error: Error) => acknowledge?.({ text: null, error: error.message }));
    });
    current.on("invalid", (problem: { message?: string }) => options.onProblem(`the console could not read a report: ${problem?.message ?? ""}`));
    let refused: Refusal | null = null;
    current.on("refused", (refusal: Refusal) => {
      refused = refusal;
    });
    const ended = (refusal: Refusal | null, message: string) => {
      if (!refusal) {
        options.onState({ kind: "lost", message });
        return backOff();
      }
      const sentence = [refusal.message ?? message, refusal.fix].filter(Boolean).join(" ");
      options.onState({ kind: "refused", code: refusal.code ?? "refused", message: sentence });
      if (TEMPORARY.has(refusal.code ?? "")) backOff();
      else again(REFUSED_PAUSE_MS);
    };
    // Only the console's own middleware answers with data; everything else is the network or TLS.
    current.on("connect_error", (error: Error & { data?: Refusal }) => ended(error.data ?? null, describe(error)));
    current.on("disconnect", (reason) => ended(refused, reason));
  };

  connect();
  return {
    connected: () => socket?.connected ?? false,
    send(report) {
      if (!socket?.connected) return false;
      socket.emit("report", report);
      return true;
    },
    async ask(call) {
      if (!socket?.connected) return CONSOLE_AWAY;
      try {
        return believed(await socket.timeout(ASK_TIMEOUT_MS).emitWithAck("repository", call));
      } catch {
        return { ok: false, code: "unavailable", message: "the connection to the console ended before it answered; what was begun there goes on" };
      }
    },
    reconnect: () => {
      attempts = 0;
      again(0);
    },
    close() {
      closed = true;
      if (timer) clearTimeout(timer);
      drop();
    },
  };
}

type Refusal = { code?: string; message?: string; fix?: string | null };
/** Refusals that end by themselves. */
const TEMPORARY = new Set(["unavailable", "too-many", "internal"]);

function believed(raw: unknown): RepositoryAnswer {
  const answer = raw as Partial<Record<"ok" | "code" | "message", unknown>> | null;
  if (answer?.ok === true) return { ok: true };
  const code = REPOSITORY_FAILURES.find((one) => one === answer?.code) ?? "unavailable";
  return { ok: false, code, message: typeof answer?.message === "string" ? answer.message : "the console gave no reason" };
}

/** The transport hides the reason two levels down. */
function describe(error: Error & { description?: unknown }): string {
  const description = error.description as { message?: string; error?: { message?: string } } | undefined;
  return description?.error?.message || description?.message || error.message;
}
