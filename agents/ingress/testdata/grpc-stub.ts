// Owns a gRPC client of an ingress for the tests, made of the ingress's own descriptor.
import { type Client, type ClientDuplexStream, credentials, loadPackageDefinition, Metadata, type ServiceError } from "@grpc/grpc-js";
import { fromJSON } from "@grpc/proto-loader";
import type { INamespace } from "protobufjs";
import descriptor from "../grpc/inference-service.json" with { type: "json" };

type Call = (request: object, metadata: Metadata, options: object, callback: (error: ServiceError | null, answer: never) => void) => void;
type Parameter = { bool_param?: boolean; int64_param?: number; string_param?: string };
export type InferAnswer = { model_name: string; model_version: string; id: string; parameters: Record<string, Parameter>; outputs: { name: string; datatype: string; shape: number[] }[]; raw_output_contents: Buffer[] };
export type StreamedAnswer = { error_message: string; infer_response: InferAnswer | null };
export type Stub = Client & Record<string, Call> & { ModelStreamInfer(metadata?: Metadata): ClientDuplexStream<object, StreamedAnswer> };

const { GRPCInferenceService } = (loadPackageDefinition(fromJSON(descriptor as INamespace, { keepCase: true, longs: Number, defaults: true, enums: String, oneofs: true })) as never as { inference: { GRPCInferenceService: (new (target: string, secure: ReturnType<typeof credentials.createInsecure>, options?: object) => Stub) & { service: Record<string, { requestSerialize(request: object): Buffer; responseDeserialize(bytes: Buffer): never }> } } }).inference;

/** `host` with its port. One connection of its own. */
export const grpcStub = (host: string): Stub => new GRPCInferenceService(host, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });

/** Rejects with ServiceError. */
export const callGrpc = <T = Record<string, never>>(stub: Stub, name: string, request: object, metadata = new Metadata(), options: object = {}): Promise<T> =>
  new Promise((resolve, reject) => { stub[name]!.call(stub, request, metadata, options, (error, answer) => (error ? reject(error) : resolve(answer))); });

/** One message as it stands in a call's body: not packed, its length, itself. */
export function messageFrame(method: string, request: object): Buffer {
  const bytes = GRPCInferenceService.service[method]!.requestSerialize(request);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

/** All messages of an answer's body. */
export function readFrames<T>(method: string, body: Buffer): T[] {
  const messages: T[] = [];
  for (let at = 0; at < body.length; ) {
    const end = at + 5 + body.readUInt32BE(at + 1);
    messages.push(GRPCInferenceService.service[method]!.responseDeserialize(body.subarray(at + 5, end)));
    at = end;
  }
  return messages;
}
