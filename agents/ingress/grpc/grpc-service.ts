// Owns the gRPC side of an ingress: the calls of GRPCInferenceService over connections the HTTP listener hands over. Loaded with the first such
// connection. What is told and refused is the same as over REST; gRPC's codes are made of its statuses.
import type { Socket } from "node:net";
import { type ConnectionInjector, type Metadata, Metadata as MetadataClass, Server, ServerCredentials, type ServerDuplexStream, type ServerUnaryCall, type sendUnaryData, type ServiceDefinition, status } from "@grpc/grpc-js";
import { modelConfig, modelMetadata, repositoryIndex, serverMetadata } from "../describe-model.ts";
import { type Access, countKey, demandKey, findModel, type ServedHere } from "../find-model.ts";
import { ClientGone, type Gone } from "../gone.ts";
import { isServerReady, repositoryRefusal } from "../http-server.ts";
import { MovedRefusal } from "../moved-refusal.ts";
import { Refusal, refusalOf } from "../refusal.ts";
import type { RouteRuntime } from "../route-runtime.ts";
import { readTraceContext } from "../trace-context.ts";
import { demandReady, serveInfer } from "../serve-infer.ts";
import { inferResponse, type ModelInferRequest, readInferMessage } from "./infer-message.ts";
import { decoderOf, encoderOf, Malformed, plainEncoderOf, SERVICE } from "./inference-messages.ts";

/** Beside a request's tensors: names, shapes, parameters. */
const MESSAGE_OVERHEAD_BYTES = 64 * 1024;
/** Calls at once on one connection; more wait at the client. */
const MAX_CALLS_PER_CONNECTION = 1024;
/** Requests of one ModelStreamInfer under way; then the stream is not read until one is answered. */
const MAX_STREAM_REQUESTS = 64;
/** A client that is gone without a word, or was told GOAWAY and stays, is found and dropped after these. */
const KEEPALIVE_MS = 20_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;

const CODE_OF: Record<number, status> = {
  400: status.INVALID_ARGUMENT, 401: status.UNAUTHENTICATED, 404: status.NOT_FOUND, 409: status.FAILED_PRECONDITION, 413: status.RESOURCE_EXHAUSTED,
  429: status.RESOURCE_EXHAUSTED, 499: status.CANCELLED, 503: status.UNAVAILABLE, 504: status.DEADLINE_EXCEEDED,
};
type Named = { name: string; version: string };
type Unary = (request: never, access: Access) => object;

export class GrpcService {
  readonly #served: () => ServedHere;
  readonly #needsKey: boolean;
  /** By the size a message may have: what deployments take may change, a server of the library's cannot. */
  readonly #servers = new Map<number, { server: Server; injector: ConnectionInjector }>();

  constructor(served: () => ServedHere, needsKey: boolean) {
    this.#served = served;
    this.#needsKey = needsKey;
  }

  /** A connection that speaks HTTP/2, nothing of it read; TLS, if any, is behind it. */
  serve(socket: Socket): void {
    const maxBytes = Math.max(0, ...this.#served().routes.map(({ route }) => route.limits.maxRequestBytes)) + MESSAGE_OVERHEAD_BYTES;
    let entry = this.#servers.get(maxBytes);
    if (!entry) {
      const server = new Server({
        "grpc.max_receive_message_length": maxBytes, "grpc.max_send_message_length": -1, "grpc.max_concurrent_streams": MAX_CALLS_PER_CONNECTION,
        "grpc.keepalive_time_ms": KEEPALIVE_MS, "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS, "grpc.enable_channelz": 0,
      });
      server.addService(definition(), this.#handlers());
      entry = { server, injector: server.createConnectionInjector(ServerCredentials.createInsecure()) };
      this.#servers.set(maxBytes, entry);
    }
    entry.injector.injectConnection(socket);
  }

  /** Calls under way are answered, at most for `graceMs`. */
  drain(graceMs: number): void {
    for (const { injector } of this.#servers.values()) injector.drain(graceMs);
  }

  stop(): void {
    for (const { server } of this.#servers.values()) server.forceShutdown();
    this.#servers.clear();
  }

  #handlers() {
    const find = ({ name, version }: Named, access: Access) => findModel(this.#served(), name, version, access);
    const small: Record<string, Unary> = {
      ServerLive: () => ({ live: true }),
      ServerReady: () => ({ ready: isServerReady(this.#served().routes) }),
      ServerMetadata: () => serverMetadata(),
      ModelReady: (request: Named, access) => {
        const { route, version } = find(request, access);
        return { ready: version ? version.ready : route.ready };
      },
      ModelMetadata: (request: Named, access) => modelMetadata(find(request, access).route),
      ModelConfig: (request: Named, access) => ({ config: configOf(find(request, access).route) }),
      ModelStatistics: (request: Named, access) => {
        if (request.name !== "") { const { route, version } = find(request, access); return { model_stats: route.statistics(version) }; }
        demandKey(access, this.#served().routes);
        return { model_stats: this.#served().routes.flatMap((route) => route.statistics(null)) };
      },
      RepositoryIndex: (request: { ready: boolean }, access) => { demandKey(access, this.#served().routes); return { models: repositoryIndex(this.#served().routes, request.ready) }; },
      RepositoryModelLoad: (_request, access) => { demandKey(access, this.#served().routes); throw repositoryRefusal("load"); },
      RepositoryModelUnload: (_request, access) => { demandKey(access, this.#served().routes); throw repositoryRefusal("unload"); },
    };
    const unary = Object.fromEntries(Object.entries(small).map(([name, answer]) => [name, (call: ServerUnaryCall<object, object>, callback: sendUnaryData<object>) => {
      try {
        callback(null, answer(wellFormed(call.request) as never, this.#access(call.metadata)));
      } catch (error) {
        callback(errorOf(error as Error));
      }
    }]));
    return {
      ...unary,
      ModelInfer: (call: ServerUnaryCall<ModelInferRequest, object>, callback: sendUnaryData<object>) => {
        const abort = new ClientGone();
        call.on("cancelled", () => abort.abort());
        this.#infer(call.request, call, abort).then(({ response, done }) => { callback(null, response); done(); }, (error: Error) => callback(errorOf(error)));
      },
      ModelStreamInfer: (call: ServerDuplexStream<ModelInferRequest, object>) => this.#stream(call),
    };
  }

  #access(metadata: Metadata): Access {
    return { needsKey: this.#needsKey, authorization: metadata.get("authorization")[0]?.toString() };
  }

  async #infer(message: ModelInferRequest | Malformed, call: Pick<ServerUnaryCall<object, object>, "metadata" | "getDeadline">, signal: Gone): Promise<{ response: object; done(): void }> {
    const receivedAt = performance.now();
    const request = wellFormed(message);
    const access = this.#access(call.metadata);
    const { route, version } = findModel(this.#served(), request.model_name, request.model_version, access);
    demandReady(route, version);
    const asked = readInferMessage(request);
    const deadline = Number(call.getDeadline());
    const counted = countKey(route, access);
    const served = await serveInfer(route, version, asked, { signal, deadlineMs: Number.isFinite(deadline) ? Math.max(1, deadline - Date.now()) : null, receivedAt, access, idempotencyKey: call.metadata.get("idempotency-key")[0]?.toString(), trace: traceOf(call.metadata) }).finally(counted);
    return { response: inferResponse(route.route.modelName, asked.id, served), done: served.done };
  }

  /** Requests run side by side; answers keep the order of their requests. */
  #stream(call: ServerDuplexStream<ModelInferRequest, object>): void {
    let last: Promise<void> = Promise.resolve();
    let running = 0;
    /** One each, so that what is answered leaves nothing on a stream that goes on for days. */
    const aborts = new Set<ClientGone>();
    call.on("cancelled", () => { for (const abort of aborts) abort.abort(); });
    call.on("error", () => undefined);
    call.on("data", (message: ModelInferRequest | Malformed) => {
      const abort = new ClientGone();
      aborts.add(abort);
      const answer = this.#infer(message, call, abort).catch((error: Error) => ({ response: null, error: refusalOf(error) })).finally(() => aborts.delete(abort));
      if (++running >= MAX_STREAM_REQUESTS) call.pause();
      last = last.then(() => answer).then((settled) => {
        if (running-- >= MAX_STREAM_REQUESTS) call.resume();
        if (call.cancelled) { if ("done" in settled) settled.done(); return; }
        if ("done" in settled) { call.write({ infer_response: settled.response }); settled.done(); }
        else call.write({ error_message: settled.error.message, infer_response: message instanceof Malformed ? {} : { id: message.id, model_name: message.model_name } });
      });
    });
    call.on("end", () => { void last.then(() => call.end()); });
  }
}

const traceOf = (metadata: Metadata) => readTraceContext(metadata.get("traceparent").join(",") || undefined, metadata.get("tracestate").join(","));

function wellFormed<T extends object>(message: T | Malformed): T {
  if (message instanceof Malformed) throw new Refusal(400, "bad_request", `the message cannot be read: ${message.reason}`);
  return message;
}

/** Field for field what REST tells; only names of enumerations are looked up by the encoder. */
const configOf = (route: RouteRuntime): object => modelConfig(route);

function errorOf(error: Error): { code: status; details: string; metadata: Metadata } {
  const refusal = refusalOf(error);
  if (refusal.status === 500 && refusal.code === "internal") process.stderr.write(`${error.stack}\n`);
  const metadata = new MetadataClass();
  metadata.set("cutplane-code", refusal.code);
  if (refusal instanceof MovedRefusal) for (const origin of refusal.origins) metadata.add("cutplane-moved-to", origin);
  if (refusal.retryAfterSeconds !== null) metadata.set("retry-after", String(refusal.retryAfterSeconds));
  return { code: CODE_OF[refusal.status] ?? status.INTERNAL, details: refusal.message, metadata };
}

function definition(): ServiceDefinition {
  return Object.fromEntries(SERVICE.methodsArray.map(({ name, requestType, responseType, requestStream, responseStream }) => {
    const encode = name === "ModelInfer" || name === "ModelStreamInfer" ? plainEncoderOf(responseType) : encoderOf(responseType);
    return [name, {
      path: `/inference.GRPCInferenceService/${name}`, requestStream: requestStream === true, responseStream: responseStream === true,
      requestDeserialize: decoderOf(requestType), responseSerialize: encode, requestSerialize: encoderOf(requestType), responseDeserialize: decoderOf(responseType),
    }];
  }));
}
