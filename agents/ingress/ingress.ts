// Owns an ingress: its HTTP server, its routes, and the connections stage 0 of each pipeline dials to it.
import { randomInt } from "node:crypto";
import type { Server, ServerResponse } from "node:http";
import type { Server as HttpsServer } from "node:https";
import type { Socket } from "node:net";
import type { SecureContext, TLSSocket } from "node:tls";
import type { Family } from "../exposition.ts";
import type { IngressSample, MovedRoute, Notice, ObservedIngress } from "../protocol/control.ts";
import type { KeyCount } from "../protocol/own-key.ts";
import type { UnloadedRoute } from "../protocol/repository-call.ts";
import type { ControlFrame } from "../protocol/frame.ts";
import { BufferPool } from "../stage/buffer-pool.ts";
import { DataAcceptor, dataContext } from "../stage/data-tls.ts";
import { FrameConnection } from "../stage/frame-connection.ts";
import type { LocalIngressRoute, TlsMaterial, ToIngress } from "../stage/messages.ts";
import { type OpenBody, openedBody, parseOpen } from "../stage/open-body.ts";
import { originId } from "../stage/origin-id.ts";
import type { SenderLink } from "../stage/sender-link.ts";
import { ConnectionLimit } from "./connection-limit.ts";
import { drain } from "./drain.ts";
import type { ServedHere } from "./find-model.ts";
import type { GrpcService } from "./grpc/grpc-service.ts";
import { refuseConnections } from "./grpc/refuse-connection.ts";
import { createIngressServer } from "./http-server.ts";
import { ingressMetrics } from "./ingress-metrics.ts";
import { isLoopback } from "./is-loopback.ts";
import { KeyCounts } from "./key-counts.ts";
import { type AskConsole, ModelRepository } from "./model-repository.ts";
import { OtlpExporter } from "./otlp-exporter.ts";
import type { PipelineRuntime } from "./pipeline-runtime.ts";
import { RouteRuntime } from "./route-runtime.ts";
import { SharedMemory } from "./shared-memory/shared-memory.ts";
import { splitProtocols } from "./split-protocols.ts";

/** For the spans that are left when the ingress stops. */
const LAST_SPANS_MS = 2_000;

export type IngressOptions = Omit<Extract<ToIngress, { type: "start" }>, "type"> & { changed(): void; askConsole: AskConsole; /** For the agent's log. */ notice(notice: Omit<Notice, "at">): void };

export class Ingress {
  readonly server: Server;
  readonly #open: ReadonlySet<ServerResponse>;
  readonly #options: IngressOptions;
  readonly #acceptor: DataAcceptor;
  readonly #pool = new BufferPool();
  readonly #keyCounts = new KeyCounts();
  readonly #routes = new Map<string, RouteRuntime>();
  #moved: readonly MovedRoute[] = [];
  #unloaded: readonly UnloadedRoute[] = [];
  readonly #originId: number;
  readonly #otlp: OtlpExporter | null;
  readonly #shared: SharedMemory;
  #context: SecureContext;
  #url = "";
  /** starting (the console's routes are not known yet) ──► serving ──► draining, also without ever serving */
  #state: ServedHere["state"] = "starting";
  #grpc: Promise<GrpcService> | null = null;
  #grpcHere: GrpcService | null = null;
  // Each life counts from a place of its own, so that a late answer to an earlier one meets no request of this one. By chance and not by the clock, which may be set back, and
  // which is the same for two lives that begin within its grain. Below 2^53.
  #nextId = randomInt(2 ** 32) * 2 ** 20;

  constructor(options: IngressOptions) {
    this.#options = options;
    this.#originId = originId(options.tls.nodeId);
    this.#context = dataContext(options.tls);
    this.#otlp = options.otlp ? new OtlpExporter({ settings: options.otlp, nodeId: options.tls.nodeId, problem: (message) => options.notice(message === null ? { level: "info", code: "traces", message: "spans reach the collector again" } : { level: "warn", code: "traces", message: `spans are lost: ${message}` }) }) : null;
    this.#acceptor = new DataAcceptor(options.tls, (socket, peerNodeId) => this.#accept(socket, peerNodeId));
    const needsKey = !isLoopback(options.host);
    const served = (): ServedHere => ({ state: this.#state, routes: [...this.#routes.values()], moved: this.#moved, unloaded: this.#unloaded, traceRatio: this.#otlp?.ratio ?? 0 });
    const repository = new ModelRepository(served, options.askConsole);
    const shared = new SharedMemory(options.sharedMemory !== false);
    this.#shared = shared;
    const connections = new ConnectionLimit();
    const refuse = refuseConnections(() => connections.refusal());
    const { server, open } = createIngressServer({ served, repository, shared, needsKey, httpTls: options.httpTls, connections });
    this.server = server;
    this.#open = open;
    splitProtocols(this.server, connections, (socket) => {
      if (connections.isOver(socket)) return refuse(socket);
      // The library is loaded with the first client that needs it.
      this.#grpc ??= import("./grpc/grpc-service.ts").then((loaded) => { this.#grpcHere = new loaded.GrpcService({ served, repository, shared, needsKey }); return this.#grpcHere; });
      this.#grpc.then((grpc) => grpc.serve(socket), () => socket.destroy());
    });
  }

  /** The listener is open; gives the URL clients use. */
  listening(port: number): string {
    const { host, advertiseHost, httpTls } = this.#options;
    // What only this machine can reach has no other name.
    const name = isLoopback(host) ? host : (advertiseHost ?? host);
    this.#url = `${httpTls ? "https" : "http"}://${name.includes(":") ? `[${name}]` : name}:${port}`;
    return this.#url;
  }

  setRoutes(routes: LocalIngressRoute[], moved: readonly MovedRoute[] = [], unloaded: readonly UnloadedRoute[] = []): void {
    this.#moved = moved;
    this.#unloaded = unloaded;
    if (this.#state === "starting") this.#state = "serving";
    const wanted = new Set(routes.map(({ route }) => route.deploymentId));
    for (const [deploymentId, runtime] of this.#routes) {
      if (wanted.has(deploymentId)) continue;
      this.#routes.delete(deploymentId);
      runtime.stop("the deployment does not enter here any more");
    }
    for (const local of routes) {
      const runtime = this.#routes.get(local.route.deploymentId);
      if (runtime) runtime.update(local);
      else this.#routes.set(local.route.deploymentId, new RouteRuntime(local, {
        nodeId: this.#options.tls.nodeId, originId: this.#originId, nextId: () => ++this.#nextId, pool: this.#pool, context: () => this.#context, dataProxy: this.#options.dataProxy, keyCounts: this.#keyCounts, changed: () => this.#changed(), otlp: this.#otlp,
      }));
    }
    this.#changed();
  }

  #changed(): void {
    this.#options.changed();
    this.#grpcHere?.changed();
  }

  renew(tls: TlsMaterial): void {
    this.#context = dataContext(tls);
    this.#acceptor.renew(tls);
  }

  renewHttp({ keyPem, certificatePem }: NonNullable<IngressOptions["httpTls"]>): void {
    if ("setSecureContext" in this.server) (this.server as HttpsServer).setSecureContext({ key: keyPem, cert: certificatePem, minVersion: "TLSv1.2" });
  }

  handOver(socket: Socket): void {
    this.#acceptor.accept(socket);
  }

  #accept(socket: TLSSocket, peerNodeId: string): void {
    let opened: { pipeline: PipelineRuntime; link: SenderLink } | null = null;
    const open = (frame: ControlFrame, connection: FrameConnection) => {
      const body: OpenBody | null = parseOpen(frame.body);
      const pipeline = body && this.#pipelineFor(body);
      if (!body || !pipeline || body.stageIndex !== 0) return connection.close(body ? "unknown_lane" : "bad_frame", "no such pipeline here");
      const link = pipeline.attach(connection, frame.value, body.hopTimes === true);
      if (typeof link === "string") return connection.close(link, `this pipeline does not start at ${connection.peerNodeId}`);
      opened = { pipeline, link };
      connection.sendControl("opened", { epoch: body.epoch }, openedBody());
    };
    new FrameConnection(socket, peerNodeId, {
      maxPayloadBytes: 0, pool: this.#pool,
      onMessage: (_message, connection) => connection.close("bad_frame", "tensors from a receiver"),
      onControl: (frame, connection) => {
        if (opened) opened.pipeline.fromFirst(frame, opened.link);
        else if (frame.type === "open") open(frame, connection);
        else connection.close("bad_frame", `${frame.type} frame before open`);
      },
      onClose: () => opened?.pipeline.detach(opened.link),
    });
  }

  #pipelineFor({ revisionId, epoch }: OpenBody): PipelineRuntime | null {
    for (const route of this.#routes.values()) {
      const pipeline = route.pipelineFor(revisionId, epoch);
      if (pipeline) return pipeline;
    }
    return null;
  }

  observed(): ObservedIngress[] {
    return [...this.#routes.values()].map((route) => route.observed(this.#url));
  }

  samples(): IngressSample[] {
    return [...this.#routes.values()].map((route) => route.sample());
  }

  keyCounts(): KeyCount[] {
    return this.#keyCounts.told(Date.now());
  }

  metrics(): Family[] {
    return [...ingressMetrics([...this.#routes.values()]), ...(this.#otlp?.metrics() ?? [])];
  }

  /** Takes nothing new, answers what is in flight, at most `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#state = "draining";
    const grpc = await this.#grpc;
    grpc?.drain(graceMs);
    await drain({ server: this.server, open: this.#open, busy: () => (grpc?.underWay ?? 0) > 0 || [...this.#routes.values()].some((route) => route.inFlight > 0), graceMs });
    for (const route of this.#routes.values()) route.stop("the ingress stops");
    await Promise.all([new Promise((resolve) => setTimeout(resolve, 20)), this.#otlp?.stop(LAST_SPANS_MS)]);
    grpc?.stop();
    this.server.closeAllConnections();
    this.#shared.stop();
  }
}
