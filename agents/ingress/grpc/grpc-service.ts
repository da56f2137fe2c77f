// Owns the gRPC side of an ingress: the calls of GRPCInferenceService over connections the HTTP listener hands over. Loaded with the first such
// connection. What is told and refused is the same as over REST; gRPC's codes are made of its statuses.
import type { Socket } from "node:net";
import { type ConnectionInjector, type Deadline, type Metadata, Metadata as MetadataClass, Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, type ServiceDefinition, status } from "@grpc/grpc-js";
import type { RepositoryAction } from "../../protocol/repository-call.ts";
import { modelConfig, modelMetadata, modelStatistics, repositoryIndex, serverMetadata } from "../describe-model.ts";
import { type Access, countKey, demandKey, demandServing, drainingRefusal, findModel, isModelReady, keyHoldersOf, type ServedHere } from "../find-model.ts";
import { ClientGone, type Gone } from "../gone.ts";
import { isServerReady } from "../http-server.ts";
import type { ModelRepository } from "../model-repository.ts";
import { MovedRefusal } from "../moved-refusal.ts";
import { OTHER_CALLS } from "../other-extensions.ts";
import { processName } from "../process-model.ts";
import { Refusal, refusalOf } from "../refusal.ts";
import { demandAsker, demandByHead } from "../refuse-by-head.ts";
import { readTraceContext } from "../trace-context.ts";
import { demandReady, type Served, serveInfer } from "../serve-infer.ts";
import { serveProcess } from "../serve-process.ts";
import { PASSED_ON_HEADERS, type Peer } from "../shared-memory/local-clients.ts";
import type { SharedMemory } from "../shared-memory/shared-memory.ts";
import { REGION_EXISTS } from "../shared-memory/shared-regions.ts";
import { Turns } from "../shared-memory/turns.ts";
import type { Way } from "../way.ts";
import { endOnce } from "./end-once.ts";
import { HealthService } from "./health-service.ts";
import { type InferCall, type InferStream, serveInferStream, type StreamAnswer } from "./infer-stream.ts";
import { inferResponse, type ModelInferRequest, readBytes, readInferMessage, readTensor } from "./infer-message.ts";
import { decoderOf, encoderOf, Malformed, plainEncoderOf, SERVICE } from "./inference-messages.ts";
import { type CallHead, type EarlyRefusal, refuseEarly } from "./refuse-early.ts";

/** Beside a request's tensors: names, shapes, parameters. */
const MESSAGE_OVERHEAD_BYTES = 64 * 1024;
/** Before each message: whether it is packed, its length. */
const FRAME_HEAD_BYTES = 5;
const INFER = "/inference.GRPCInferenceService/ModelInfer";
const STREAM = "/inference.GRPCInferenceService/ModelStreamInfer";
/** Calls at once on one connection; more wait at the client. */
const MAX_CALLS_PER_CONNECTION = 1024;
/** A client that is gone without a word, or was told GOAWAY and stays, is found and dropped after these. */
const KEEPALIVE_MS = 20_000;
const KEEPALIVE_TIMEOUT_MS = 10_000;

const CODE_OF: Record<number, status> = {
  400: status.INVALID_ARGUMENT, 401: status.UNAUTHENTICATED, 403: status.PERMISSION_DENIED, 404: status.NOT_FOUND, 409: status.FAILED_PRECONDITION, 413: status.RESOURCE_EXHAUSTED,
  429: status.RESOURCE_EXHAUSTED, 499: status.CANCELLED, 501: status.UNIMPLEMENTED, 503: status.UNAVAILABLE, 504: status.DEADLINE_EXCEEDED,
};
/** Where an HTTP status says less than gRPC has a code for. */
const CODE_OF_REFUSAL: Record<string, status> = { [REGION_EXISTS]: status.ALREADY_EXISTS };
type Named = { name: string; version: string };
type Unary = (request: never, access: Access, peer: Peer) => object | Promise<object>;
/** 64-bit numbers as the decoder gives them: what a number would round is no size of memory either. */
type RegisterRequest = { name: string; key: string; offset: { toString(): string }; byte_size: { toString(): string } };
type Asking = Pick<ServerUnaryCall<object, object>, "metadata" | "getDeadline" | "getPeer">;
type Wish = { model_name: string; repository_name: string; parameters: Record<string, unknown> };

export type GrpcOptions = { served(): ServedHere; repository: ModelRepository; shared: SharedMemory; /** Beyond loopback. */ needsKey: boolean };

export class GrpcService {
  readonly #served: () => ServedHere;
  readonly #repository: ModelRepository;
  readonly #shared: SharedMemory;
  readonly #needsKey: boolean;
  /** Open connections by their other ends. */
  readonly #sockets = new Map<string, Socket>();
  readonly #streams = new Set<InferStream>();
  readonly #health = new HealthService(() => isServerReady(this.#served()));
  #underWay = 0;
  readonly #server: Server;
  readonly #injector: ConnectionInjector;

  constructor({ served, repository, shared, needsKey }: GrpcOptions) {
    this.#served = served;
    this.#repository = repository;
    this.#shared = shared;
    this.#needsKey = needsKey;
    const maxMessageBytes = () => Math.max(0, ...served().routes.map(({ route }) => route.limits.maxRequestBytes)) + MESSAGE_OVERHEAD_BYTES;
    this.#server = new Server({
      interceptors: [endOnce(STREAM), refuseEarly(new Set([INFER, STREAM]), (head) => this.#refuseByHead(head, maxMessageBytes))],
      // Read with every call: what deployments take changes under connections that are open.
      get "grpc.max_receive_message_length"() { return maxMessageBytes(); },
      "grpc.max_send_message_length": -1, "grpc.max_concurrent_streams": MAX_CALLS_PER_CONNECTION,
      "grpc.keepalive_time_ms": KEEPALIVE_MS, "grpc.keepalive_timeout_ms": KEEPALIVE_TIMEOUT_MS, "grpc.enable_channelz": 0,
    });
    this.#server.addService(definition(), this.#handlers());
    this.#server.addService(this.#health.definition, this.#health.handlers);
    this.#injector = this.#server.createConnectionInjector(ServerCredentials.createInsecure());
  }

  /** A connection that speaks HTTP/2, nothing of it read; TLS, if any, is behind it. */
  serve(socket: Socket): void {
    const end = `${socket.remoteAddress}:${socket.remotePort}`;
    this.#sockets.set(end, socket);
    socket.once("close", () => { if (this.#sockets.get(end) === socket) this.#sockets.delete(end); });
    this.#injector.injectConnection(socket);
  }

  /** Something about the deployments that are entered here. */
  changed(): void {
    this.#health.changed();
  }

  /** Requests let in and not answered yet, and streams that are open. */
  get underWay(): number {
    return this.#underWay + this.#streams.size;
  }

  /** Calls under way are answered, at most for `graceMs`; a stream ends with UNAVAILABLE once what it had asked is answered. */
  drain(graceMs: number): void {
    this.#health.drain();
    const refusal = drainingRefusal();
    for (const stream of this.#streams) stream.end(refusal);
    this.#injector.drain(graceMs);
  }

  stop(): void {
    this.#server.forceShutdown();
  }

  #handlers() {
    const here = (): ServedHere => {
      const served = this.#served();
      demandServing(served);
      return served;
    };
    const find = ({ name, version }: Named, access: Access) => findModel(here(), name, version, access);
    const small: Record<string, Unary> = {
      ServerLive: () => ({ live: true }),
      ServerReady: () => ({ ready: isServerReady(this.#served()) }),
      ServerMetadata: () => serverMetadata(this.#shared),
      ModelReady: ({ name, version }: Named, access) => ({ ready: isModelReady(here(), name, version, access).ready }),
      ModelMetadata: (request: Named, access) => modelMetadata(find(request, access)),
      // Field for field what REST tells; only names of enumerations are looked up by the encoder.
      ModelConfig: (request: Named, access) => ({ config: modelConfig(find(request, access)) }),
      ModelStatistics: (request: Named, access) => {
        if (request.name !== "") return { model_stats: modelStatistics(find(request, access)) };
        demandKey(access, keyHoldersOf(here()));
        return { model_stats: here().routes.flatMap((route) => route.statistics(null)) };
      },
      RepositoryIndex: (request: { repository_name: string; ready: boolean }, access) => { if (request.repository_name !== "") throw new Refusal(400, "bad_request", "'repository_name' specification is not supported"); demandKey(access, keyHoldersOf(here())); return { models: repositoryIndex(here(), request.ready) }; },
      RepositoryModelLoad: (wish: Wish, access) => { here(); return this.#act("load", wish, access); },
      RepositoryModelUnload: (wish: Wish, access) => { here(); return this.#act("unload", wish, access); },
    };
    for (const [name, answer] of Object.entries(OTHER_CALLS)) {
      small[name] = (request, access) => { const served = here(); demandKey(access, keyHoldersOf(served)); return answer(request, served.traceRatio); };
    }
    for (const [name, answer] of Object.entries(this.#memoryCalls())) {
      small[name] = (request, access, peer) => { demandKey(access, keyHoldersOf(here())); return answer(request, access, peer); };
    }
    const unary = Object.fromEntries(Object.entries(small).map(([name, answer]) => [name, (call: ServerUnaryCall<object, object>, callback: sendUnaryData<object>) => {
      const done = async () => answer(wellFormed(call.request) as never, this.#access(call.metadata), this.#peer(call));
      done().then((told) => callback(null, told), (error: Error) => callback(errorOf(error)));
    }]));
    return {
      ...unary,
      ModelInfer: (call: ServerUnaryCall<ModelInferRequest, object>, callback: sendUnaryData<object>) => {
        const abort = new ClientGone();
        call.on("cancelled", () => abort.abort());
        this.#infer(call.request, call, abort).then(({ response, done }) => { callback(null, response); done(); }, (error: Error) => callback(errorOf(error)));
      },
      ModelStreamInfer: (call: InferCall) => this.#stream(call),
    };
  }

  /** Of a call whose message is not here yet. A stream's messages are each answered by itself: the whole of it is refused for who asks alone. */
  #refuseByHead({ path, metadata, deadline }: CallHead, maxMessageBytes: () => number): EarlyRefusal | null {
    try {
      const access = this.#access(metadata);
      if (path === STREAM) demandAsker(this.#served(), access);
      else demandByHead(this.#served(), { access, deadlineMs: msUntil(deadline), idempotencyKey: metadata.get("idempotency-key")[0]?.toString(), trace: traceOf(metadata) });
    } catch (error) {
      return errorOf(error as Error);
    }
    const [declared] = metadata.get("content-length");
    if (path === STREAM || declared === undefined) return null;
    const bytes = Number(declared) - FRAME_HEAD_BYTES;
    // In the library's words, which says it of a message that has begun.
    return bytes > maxMessageBytes() ? { code: status.RESOURCE_EXHAUSTED, details: `Received message larger than max (${bytes} vs ${maxMessageBytes()})` } : null;
  }

  #memoryCalls(): Record<string, Unary> {
    const shared = this.#shared;
    return {
      SystemSharedMemoryStatus: async ({ name }: { name: string }, access, peer) => ({ regions: Object.fromEntries((await shared.ofAnyone(peer, access)).status(name).map((one) => [one.name, one])) }),
      SystemSharedMemoryRegister: async ({ name, key, offset, byte_size: byteSize }: RegisterRequest, access, peer) => { await (await shared.of(peer, access)).register(name, { key, offset: Number(offset), byte_size: Number(byteSize) }); return {}; },
      SystemSharedMemoryUnregister: async ({ name }: { name: string }, access, peer) => { (await shared.ofAnyone(peer, access)).unregister(name); return {}; },
    };
  }

  #peer(call: Asking): Peer {
    return { connection: this.#sockets.get(call.getPeer()) ?? {}, passedOn: PASSED_ON_HEADERS.some((name) => call.metadata.get(name).length > 0) };
  }

  #access(metadata: Metadata): Access {
    return { needsKey: this.#needsKey, authorization: metadata.get("authorization")[0]?.toString() };
  }

  async #act(action: RepositoryAction, { model_name, repository_name, parameters }: Wish, access: Access): Promise<object> {
    if (repository_name !== "") throw new Refusal(400, "bad_request", "'repository_name' specification is not supported");
    await this.#repository.act(action, model_name, access, parameters);
    return {};
  }

  #infer(message: ModelInferRequest | Malformed, call: Asking, signal: Gone, turns?: Turns): Promise<StreamAnswer> {
    this.#underWay++;
    return this.#inferOf(message, call, signal, turns).finally(() => { this.#underWay--; });
  }

  async #inferOf(message: ModelInferRequest | Malformed, call: Asking, signal: Gone, turns?: Turns): Promise<StreamAnswer> {
    const receivedAt = performance.now();
    const request = wellFormed(message);
    const access = this.#access(call.metadata);
    const served = this.#served();
    demandServing(served);
    const { route, version, isProcess } = findModel(served, request.model_name, request.model_version, access);
    const trace = traceOf(call.metadata);
    demandReady(route, version, () => trace);
    const way: Way = {
      signal, beganAt: receivedAt, deadlineMs: msUntil(call.getDeadline()), receivedAt, access, idempotencyKey: call.metadata.get("idempotency-key")[0]?.toString(), trace,
      regions: () => this.#shared.of(this.#peer(call), access), turns,
    };
    const answer = async (id: string | null, serve: () => Promise<Served>): Promise<StreamAnswer> => {
      const counted = countKey(route, access);
      const answered = await serve().finally(counted);
      return { response: inferResponse(isProcess ? processName(route.route.modelName) : route.route.modelName, id, answered), done: answered.done };
    };
    try {
      if (isProcess) {
        const asked = readInferMessage(request, readBytes);
        return await answer(asked.id, () => serveProcess(route, version, asked, way));
      }
      const asked = readInferMessage(request, readTensor);
      return await answer(asked.id, () => serveInfer(route, version, asked, way));
    } catch (error) {
      route.countRefused(error as Error, { version, trace, receivedAt });
      throw error;
    }
  }

  #stream(call: InferCall): void {
    const turns = new Turns();
    const stream = serveInferStream(call, (message, signal) => this.#infer(message, call, signal, turns), encodeStreamAnswer);
    this.#streams.add(stream);
    call.once("close", () => this.#streams.delete(stream));
  }
}

/** Null = it has none. */
const msUntil = (deadline: Deadline): number | null => (Number.isFinite(Number(deadline)) ? Math.max(1, Number(deadline) - Date.now()) : null);

const encodeStreamAnswer = plainEncoderOf("ModelStreamInferResponse");
const traceOf = (metadata: Metadata) => readTraceContext(metadata.get("traceparent").join(",") || undefined, metadata.get("tracestate").join(","));

function wellFormed<T extends object>(message: T | Malformed): T {
  if (message instanceof Malformed) throw new Refusal(400, "bad_request", `the message cannot be read: ${message.reason}`);
  return message;
}

function errorOf(error: Error): { code: status; details: string; metadata: Metadata } {
  const refusal = refusalOf(error);
  if (refusal.status === 500 && refusal.code === "internal") process.stderr.write(`${error.stack}\n`);
  const metadata = new MetadataClass();
  metadata.set("cutplane-code", refusal.code);
  if (refusal instanceof MovedRefusal) for (const origin of refusal.origins) metadata.add("cutplane-moved-to", origin);
  if (refusal.retryAfterSeconds !== null) metadata.set("retry-after", String(refusal.retryAfterSeconds));
  return { code: CODE_OF_REFUSAL[refusal.code] ?? CODE_OF[refusal.status] ?? status.INTERNAL, details: refusal.message, metadata };
}

const asEncoded = (bytes: object): Buffer => bytes as Buffer;

function definition(): ServiceDefinition {
  return Object.fromEntries(SERVICE.methodsArray.map(({ name, requestType, responseType, requestStream, responseStream }) => {
    const encode = name === "ModelStreamInfer" ? asEncoded : name === "ModelInfer" ? plainEncoderOf(responseType) : encoderOf(responseType);
    return [name, {
      path: `/inference.GRPCInferenceService/${name}`, requestStream: requestStream === true, responseStream: responseStream === true,
      requestDeserialize: decoderOf(requestType), responseSerialize: encode, requestSerialize: encoderOf(requestType), responseDeserialize: decoderOf(responseType),
    }];
  }));
}
