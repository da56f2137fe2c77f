// Owns two clients of the shared memory extension for tests, which say over REST and over gRPC what tritonclient says there.
import { type ServiceError, Metadata } from "@grpc/grpc-js";
import { callGrpc, type Stub } from "./grpc-stub.ts";

export type ClientPlace = { region?: unknown; byteSize?: unknown; offset?: unknown };
/** `raw`: its bytes in the request. */
export type ClientInput = { name: string; datatype: string; shape: number[]; place?: ClientPlace; raw?: Buffer };
export type ClientOutput = { name: string; place?: ClientPlace; classes?: number };
export type ClientAnswer = { name: string; datatype: string; shape: number[]; parameters: Record<string, unknown>; raw: Buffer | null };
export type RegionStatus = { name: string; key: string; offset: number; byte_size: number };
export type ShmClient = {
  kind: "REST" | "gRPC";
  register(name: string, key: unknown, byteSize: unknown, offset?: unknown): Promise<void>;
  unregister(name?: string): Promise<void>;
  status(name?: string): Promise<RegionStatus[]>;
  infer(model: string, inputs: ClientInput[], outputs?: ClientOutput[], parameters?: Record<string, number | boolean>): Promise<ClientAnswer[]>;
  extensions(): Promise<string[]>;
};

/** `code`: the HTTP status or gRPC's. */
export class ShmError extends Error {
  readonly code: number;
  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

const defined = (told: Record<string, unknown>) => Object.fromEntries(Object.entries(told).filter(([, value]) => value !== undefined));
const parametersOf = ({ region, byteSize, offset }: ClientPlace = {}) => defined({ shared_memory_region: region, shared_memory_byte_size: byteSize, shared_memory_offset: offset });

export function restShm(url: string, headers: Record<string, string> = {}): ShmClient {
  const ask = async (method: string, path: string, body?: object | Buffer, more: Record<string, string> = {}) => {
    const answer = await fetch(`${url}/v2${path}`, { method, headers: { ...headers, ...more }, ...(body === undefined ? {} : { body: Buffer.isBuffer(body) ? new Uint8Array(body) : JSON.stringify(body) }) });
    const bytes = Buffer.from(await answer.arrayBuffer());
    if (answer.status !== 200) throw new ShmError(answer.status, JSON.parse(bytes.toString()).error);
    return { answer, bytes };
  };
  const regionPath = (name?: string) => `/systemsharedmemory${name === undefined ? "" : `/region/${encodeURIComponent(name)}`}`;
  return {
    kind: "REST",
    async register(name, key, byteSize, offset = 0) { await ask("POST", `${regionPath(name)}/register`, { key, offset, byte_size: byteSize }); },
    async unregister(name) { await ask("POST", `${regionPath(name)}/unregister`); },
    async status(name) { return JSON.parse((await ask("GET", `${regionPath(name)}/status`)).bytes.toString()); },
    async extensions() { return JSON.parse((await ask("GET", "")).bytes.toString()).extensions; },
    async infer(model, inputs, outputs, parameters = {}) {
      const json = Buffer.from(JSON.stringify({
        parameters, inputs: inputs.map(({ name, datatype, shape, place, raw }) => ({ name, datatype, shape, parameters: { ...parametersOf(place), ...(raw ? { binary_data_size: raw.length } : {}) } })),
        ...(outputs ? { outputs: outputs.map(({ name, place, classes }) => ({ name, parameters: { binary_data: !place, ...parametersOf(place), ...defined({ classification: classes }) } })) } : {}),
      }));
      const { answer, bytes } = await ask("POST", `/models/${model}/infer`, Buffer.concat([json, ...inputs.flatMap(({ raw }) => raw ?? [])]), { "inference-header-content-length": String(json.length) });
      let at = Number(answer.headers.get("inference-header-content-length") ?? bytes.length);
      const told = JSON.parse(bytes.toString("utf8", 0, at)) as { outputs: { name: string; datatype: string; shape: number[]; data?: unknown; parameters?: Record<string, unknown> }[] };
      const read = told.outputs.map(({ name, datatype, shape, data, parameters: said = {} }): ClientAnswer => {
        const size = said.binary_data_size as number | undefined;
        if (size !== undefined) at += size;
        const raw = size !== undefined ? bytes.subarray(at - size, at) : data === undefined ? null : Buffer.from(JSON.stringify(data));
        return { name, datatype, shape, parameters: said, raw };
      });
      if (at !== bytes.length) throw new Error(`${bytes.length - at} bytes of the answer belong to no output`);
      return read;
    },
  };
}

type Choice = { string_param?: string; int64_param?: number; bool_param?: boolean };
const choice = (value: unknown): Choice => (typeof value === "string" ? { string_param: value } : typeof value === "boolean" ? { bool_param: value } : { int64_param: value as number });
const choices = (told: Record<string, unknown>) => Object.fromEntries(Object.entries(told).map(([key, value]) => [key, choice(value)]));
const chosen = ({ string_param: text, int64_param: number, bool_param: flag }: Choice) => text ?? number ?? flag;

/** One message, as both a call and a stream send it. */
export const shmMessage = (model: string, inputs: ClientInput[], outputs: ClientOutput[] = [], parameters: Record<string, number | boolean> = {}, id = "") => ({
  model_name: model, id, parameters: choices(parameters), raw_input_contents: inputs.flatMap(({ raw }) => raw ?? []),
  inputs: inputs.map(({ name, datatype, shape, place }) => ({ name, datatype, shape, parameters: choices(parametersOf(place)) })),
  outputs: outputs.map(({ name, place, classes }) => ({ name, parameters: choices({ ...parametersOf(place), ...defined({ classification: classes }) }) })),
});

export function grpcShm(stub: Stub, metadata: Record<string, string> = {}): ShmClient {
  const call = async <T>(name: string, request: object): Promise<T> => {
    const told = new Metadata();
    for (const [key, value] of Object.entries(metadata)) told.set(key, value);
    return callGrpc<T>(stub, name, request, told).catch(({ code, details }: ServiceError) => { throw new ShmError(code, details); });
  };
  return {
    kind: "gRPC",
    async register(name, key, byteSize, offset = 0) { await call("SystemSharedMemoryRegister", { name, key, byte_size: byteSize, offset }); },
    async unregister(name = "") { await call("SystemSharedMemoryUnregister", { name }); },
    async status(name = "") { return Object.values((await call<{ regions: Record<string, RegionStatus> }>("SystemSharedMemoryStatus", { name })).regions); },
    async extensions() { return (await call<{ extensions: string[] }>("ServerMetadata", {})).extensions; },
    async infer(model, inputs, outputs, parameters) {
      type Told = { outputs: { name: string; datatype: string; shape: number[]; parameters?: Record<string, Choice> }[]; raw_output_contents: Buffer[] };
      const { outputs: told, raw_output_contents: contents } = await call<Told>("ModelInfer", shmMessage(model, inputs, outputs, parameters));
      if (contents.length !== told.length) throw new Error(`${contents.length} raw contents for ${told.length} outputs`);
      return told.map(({ name, datatype, shape, parameters: said = {} }, index): ClientAnswer => ({ name, datatype, shape, parameters: Object.fromEntries(Object.entries(said).map(([key, one]) => [key, chosen(one)])), raw: contents[index]!.length === 0 ? null : contents[index]! }));
    },
  };
}
