// Owns the calls of GRPCInferenceService as targets make them: asking what is there, an infer request as bytes, and what came back, whichever of its forms it has.
import { decoderOf, encoderOf, Malformed } from "../../../agents/ingress/grpc/inference-messages.ts";
import type { Answer } from "../issue-queries.ts";
import { askGrpc, framed, type GrpcCaller, type GrpcFailure } from "./grpc-caller.ts";
import { tensorBytes } from "./tensor-bytes.ts";

export type GrpcOutput = { name: string; datatype: string; shape: unknown[]; contents: Record<string, unknown> | null };
/** `parts`: each output's bytes, in order. */
export type InferAnswer = { outputs: GrpcOutput[]; parts: Buffer[] };
type Told = { outputs: GrpcOutput[]; raw_output_contents: Uint8Array[] };

const encodeInfer = encoderOf("ModelInferRequest");
const decodeInfer = decoderOf("ModelInferResponse");

/** A request as it is sent. */
export function inferBytes(request: object): Buffer {
  return framed(encodeInfer(request));
}

/** A sentence where it is no answer. */
export function readInfer(message: Buffer): InferAnswer | string {
  const answer = decodeInfer(message) as Told | Malformed;
  if (answer instanceof Malformed) return `the answer cannot be read: ${answer.reason}`;
  const { outputs, raw_output_contents: raw } = answer;
  if (outputs.length === 0) return "the answer has no outputs";
  if (raw.length > 0) return { outputs, parts: raw.map((bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)) };
  try {
    return { outputs, parts: outputs.map(typedBytes) };
  } catch (error) {
    return `the answer cannot be read: ${(error as Error).message}`;
  }
}

function typedBytes({ name, datatype, shape, contents }: GrpcOutput): Buffer {
  const values = Object.values(contents ?? {}).find((field): field is unknown[] => Array.isArray(field) && field.length > 0) ?? [];
  return tensorBytes({ name, datatype, shape: shape.map(Number) }, values);
}

/** A sample whose call has failed. */
export function failedCall(failure: GrpcFailure): Extract<Answer, { ok: false }> {
  return { ok: false, problem: describeStatus(failure), ...(failure.isRefused ? { isRefused: true } : {}) };
}

/** A method whose messages are `<method>Request` and `<method>Response`. @throws Error in words for whoever started the run */
export async function askService(caller: GrpcCaller, url: string, method: string, request: object): Promise<object> {
  const asked = await askGrpc(caller, method, framed(encoderOf(`${method}Request`)(request)));
  if ("failure" in asked) {
    const { failure } = asked;
    throw new Error(failure.isUnreached ? `${url} does not answer: ${failure.details}. Is it running, does it speak gRPC, and is the address right?` : `${url} answers ${method} with ${describeStatus(failure)}`);
  }
  const answer = decoderOf(`${method}Response`)(asked.message);
  if (answer instanceof Malformed) throw new Error(`${url} answers ${method} with something that cannot be read: is it an Open Inference Protocol endpoint? ${answer.reason}`);
  return answer;
}

function describeStatus({ status, details }: GrpcFailure): string {
  return details === "" ? status : `${status}: ${details.slice(0, 300)}`;
}
