// Owns grpc.health.v1.Health (grpc/grpc, doc/health-checking.md): Check and Watch of the whole server, by which load balancers and probes know whether to
// send requests here. As with Triton, serving means ready: every deployment that is entered here takes requests.
import { type ServerUnaryCall, type ServerWritableStream, type sendUnaryData, type ServiceDefinition, status } from "@grpc/grpc-js";
import protobuf from "protobufjs/light.js";

/** Streams that wait to hear of a change; each costs little, and a load balancer has one. */
const MAX_WATCHES = 1024;
const SERVING = 1;
const NOT_SERVING = 2;
const SERVICE_UNKNOWN = 3;
/** What a client may ask for: the server, by no name, or one of its services. */
const SERVICES: ReadonlySet<string> = new Set(["", "inference.GRPCInferenceService", "grpc.health.v1.Health"]);

const { nested: types } = protobuf.Root.fromJSON({ nested: { HealthCheckRequest: { fields: { service: { type: "string", id: 1 } } }, HealthCheckResponse: { fields: { status: { type: "int32", id: 1 } } } } });
const [requestType, responseType] = [types!.HealthCheckRequest, types!.HealthCheckResponse] as [protobuf.Type, protobuf.Type];

type Asked = { service: string };
type Watch = { call: ServerWritableStream<Asked | null, object>; service: string; told: number | null };

export class HealthService {
  readonly #isReady: () => boolean;
  readonly #watches = new Set<Watch>();

  constructor(isReady: () => boolean) {
    this.#isReady = isReady;
  }

  readonly definition: ServiceDefinition = Object.fromEntries(["Check", "Watch"].map((name) => [name, {
    path: `/grpc.health.v1.Health/${name}`, requestStream: false, responseStream: name === "Watch",
    requestDeserialize: decodeRequest, responseSerialize: (answer: object) => responseType.encode(answer as protobuf.Message).finish() as Buffer,
    requestSerialize: (asked: object) => requestType.encode(asked as protobuf.Message).finish() as Buffer, responseDeserialize: (bytes: Buffer) => responseType.decode(bytes),
  }]));

  readonly handlers = {
    Check: ({ request }: ServerUnaryCall<Asked | null, object>, callback: sendUnaryData<object>) => {
      if (request === null) return callback({ code: status.INVALID_ARGUMENT, details: "the message cannot be read" });
      const now = this.#statusOf(request.service);
      if (now === SERVICE_UNKNOWN) return callback({ code: status.NOT_FOUND, details: `there is no service "${request.service}" here` });
      callback(null, { status: now });
    },
    Watch: (call: ServerWritableStream<Asked | null, object>) => {
      call.on("error", () => undefined);
      if (call.request === null) return void call.emit("error", { code: status.INVALID_ARGUMENT, details: "the message cannot be read" });
      if (this.#watches.size >= MAX_WATCHES) return void call.emit("error", { code: status.RESOURCE_EXHAUSTED, details: `${MAX_WATCHES} clients watch already` });
      const watch: Watch = { call, service: call.request.service, told: null };
      this.#watches.add(watch);
      call.on("cancelled", () => this.#watches.delete(watch));
      this.#tell(watch);
    },
  };

  #statusOf(service: string): number {
    if (!SERVICES.has(service)) return SERVICE_UNKNOWN;
    return this.#isReady() ? SERVING : NOT_SERVING;
  }

  #tell(watch: Watch): void {
    const now = this.#statusOf(watch.service);
    // One that does not read is told the latest once it does.
    if (now === watch.told || watch.call.writableNeedDrain) return;
    watch.told = now;
    if (!watch.call.write({ status: now })) watch.call.once("drain", () => this.#tell(watch));
  }

  /** Something may be ready now that was not, or the other way round. */
  changed(): void {
    for (const watch of this.#watches) this.#tell(watch);
  }

  /** Tells those that watch, and ends their streams. */
  drain(): void {
    this.changed();
    for (const { call } of this.#watches) call.emit("error", { code: status.UNAVAILABLE, details: "this ingress is stopping" });
    this.#watches.clear();
  }
}

function decodeRequest(bytes: Buffer): Asked | null {
  try {
    return requestType.decode(bytes) as unknown as Asked;
  } catch {
    return null;
  }
}
