// Owns the messages between the agent's main process and the processes it forks: one per stage, one for all ingress routes. Both entries are
// forked with `serialization: "advanced"`, exit when the channel closes, and take no configuration from anywhere else.
//
//   parent                                            child (stage or ingress)
//     │ ── fork(entry, [], {serialization:"advanced"}) ──► │
//     │ ◄─ booted ─────────────────────────────────────── │  only then the parent sends
//     │ ── start ───────────────────────────────────────► │
//     │ ◄─ state* / listening, then sample at 1 Hz ─────── │
//     │ ── socket (+ handle), lanes / routes, tls ───────► │  at any time after start
//     │ ── stop {graceMs} ──────────────────────────────► │  finishes what is in flight, at most graceMs
//     │ ◄─ stopped, then exit 0 ────────────────────────── │
//
// Bundled, the three entries lie side by side as stage.mjs, ingress.mjs and session-worker.mjs (the stage's worker thread finds its file as
// "./session-worker" with the extension of the file it runs from).
import type { OtlpSettings } from "../ingress/otlp-exporter.ts";
import type { Family } from "../exposition.ts";
import type { Assignment, IngressRoute, IngressSample, Lane, MovedRoute, Notice, ObservedIngress, ObservedLane, RunningSession, StageSample } from "../protocol/control.ts";
import type { KeyCount } from "../protocol/own-key.ts";
import type { RepositoryAnswer, RepositoryCall, UnloadedRoute } from "../protocol/repository-call.ts";

/** This node's identity for data connections. PEM texts; the certificate's CN (and a DNS SAN) is the node id. */
export type TlsMaterial = { nodeId: string; keyPem: string; certificatePem: string; caPem: string };

/** What a dialler said before TLS, see agents/protocol/preamble.ts. */
export type DialledFor = { kind: "stage" | "ingress" | "probe"; target: string };

/**
 * A data connection another node dialled, its preamble read, the go-ahead not yet sent (the child sends it).
 * Sent as `child.send(message, socket)`. `startDataPort` of data-port.ts does all of this for the agent's main process.
 */
export type SocketMessage = { type: "socket"; dialled: DialledFor };

/** Answered at once with what was counted since the process started. */
export type AskMetrics = { type: "metrics"; askId: number };
export type ToldMetrics = { type: "metrics"; askId: number; families: Family[] };

export type ToStage =
  | {
      type: "start";
      tls: TlsMaterial;
      assignment: Assignment;
      /** Absolute path of the skeleton ONNX file; its external data lie beside it under the names of `segment.files`. */
      skeletonPath: string;
      /** HTTP CONNECT proxy for outgoing data connections, `http://host:port`; null = direct. */
      dataProxy: string | null;
      /** Run the session on the event loop instead of in a worker (saves ~0.5 ms; only for stages under about 2 ms). null = decide by the warm-up run. */
      inline: boolean | null;
    }
  /** Replaces all lanes: new ones are linked, changed modes applied, missing ones closed at once (drain them first). */
  | { type: "lanes"; lanes: Lane[]; limits: Assignment["limits"] }
  /** Renewed certificate; open connections stay. */
  | { type: "tls"; tls: TlsMaterial }
  | SocketMessage
  | AskMetrics
  | { type: "stop"; graceMs: number };

export type FromStage =
  | { type: "booted" }
  | ToldMetrics
  /** `ready` = loaded and run once; whether its lanes are linked is in `lanes`. `failed` is final: the process exits 1 after it. */
  | {
      type: "state"; state: "loading" | "warming" | "ready" | "failed";
      loadMs: number | null; warmMs: number | null; residentBytes: number | null;
      /** Of the session that is loaded; null before. */
      running: RunningSession | null;
      error: { code: string; message: string } | null;
    }
  /** Whenever a lane's link or mode changes, and with each sample. */
  | { type: "lanes"; lanes: ObservedLane[] }
  /** Once a second: one entry per lane's epoch. */
  | { type: "sample"; samples: StageSample[]; rssBytes: number; cpuCores: number }
  | { type: "notice"; notice: Notice }
  | { type: "stopped" };

/** A route together with what the agent's main process has fetched for it. */
export type LocalIngressRoute = {
  route: IngressRoute;
  /** Absolute path by file name; a processor whose files are not all here yet is answered with 503. */
  processorPaths: Record<string, string>;
  /** Absolute path of the parity file of `route.verify`, once fetched. */
  parityPath: string | null;
};

export type ToIngress =
  | {
      type: "start";
      tls: TlsMaterial;
      /** HTTP listener. Beyond loopback every route demands a key. Port 0 = any. */
      host: string; port: number;
      /** Serve HTTPS with this; null = HTTP. */
      httpTls: { keyPem: string; certificatePem: string } | null;
      /** Host clients are told to use in `url`; null = `host`. */
      advertiseHost: string | null;
      dataProxy: string | null;
      /** Where spans of requests go; null or absent = nowhere. */
      otlp?: OtlpSettings | null;
      /** Whether clients of this machine may use its shared memory; absent = they may. */
      sharedMemory?: boolean;
    }
  /** Replaces all routes. `moved`: what enters elsewhere now; `unloaded`: what does not run; absent = nothing. */
  | { type: "routes"; routes: LocalIngressRoute[]; moved?: readonly MovedRoute[]; unloaded?: readonly UnloadedRoute[] }
  /** To the question of that number. */
  | { type: "repository"; askId: number; answer: RepositoryAnswer }
  | { type: "tls"; tls: TlsMaterial }
  /** From the next HTTPS connection on. */
  | { type: "http-tls"; httpTls: { keyPem: string; certificatePem: string } }
  | SocketMessage
  | AskMetrics
  | { type: "stop"; graceMs: number };

export type FromIngress =
  | { type: "booted" }
  | ToldMetrics
  | { type: "listening"; host: string; port: number; url: string }
  /** The listener could not be opened, e.g. EADDRINUSE; the process exits 1 after it. */
  | { type: "failed"; code: string; message: string }
  /** Whenever a pipeline's link, an epoch or a verification changes, and with each sample. */
  | { type: "observed"; ingress: ObservedIngress[] }
  /** For the console; answered in any case. */
  | { type: "repository"; askId: number; call: RepositoryCall }
  | { type: "sample"; samples: IngressSample[]; keyCounts: KeyCount[]; rssBytes: number; cpuCores: number }
  | { type: "notice"; notice: Notice }
  | { type: "stopped" };
