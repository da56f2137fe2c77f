// Owns measuring an endpoint of the Open Inference Protocol over gRPC (GRPCInferenceService): Cutplane's ingress, Triton, KServe, or any other that speaks it.
// https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_grpc.md
import { decoderOf, encoderOf, Malformed } from "../../../agents/ingress/grpc/inference-messages.ts";
import { askGrpc, createGrpcCaller, framed, type GrpcCaller, type GrpcFailure } from "./grpc-caller.ts";
import type { CallerOptions } from "./http-caller.ts";
import { inferMessage } from "./infer-message.ts";
import { madeUpTensor, type TensorSpec } from "./made-up-tensor.ts";
import type { DataRow } from "./read-data.ts";
import { shapedInputs } from "./shaped-inputs.ts";
import { loadBodies, type Target } from "./target.ts";
import { tensorBytes } from "./tensor-bytes.ts";

export type OipGrpcOptions = CallerOptions & {
  model: string;
  /** By input name: sizes for the model's open dimensions. */
  shapes: Record<string, number[]>;
  /** Infer requests to send, in the protocol's JSON; null = made up from the model's inputs. */
  data: readonly DataRow[] | null;
  sampleCount: number;
};

type Output = { name: string; datatype: string; shape: unknown[]; contents: Record<string, unknown> | null };
type Answer = { outputs: Output[]; raw_output_contents: Uint8Array[] };
type Metadata = { inputs: { name: string; datatype: string; shape: unknown[] }[] };

const encodeInfer = encoderOf("ModelInferRequest");
const decodeInfer = decoderOf("ModelInferResponse");

/** @throws Error in words for whoever started the run */
export async function openOipGrpcTarget(options: OipGrpcOptions): Promise<Target> {
  const { model, data, sampleCount } = options;
  const caller = createGrpcCaller(options);
  try {
    const { inputs, name } = await describe(caller, options);
    const bodies = new Map<number, { bytes: Buffer }>();
    const make = (sample: number) => ({ bytes: framed(encodeInfer(data ? inferMessage(model, data[sample]!.request, sample) : madeUp(model, inputs, sample))) });
    return {
      name, sampleCount: data?.length ?? sampleCount,
      load: (samples) => loadBodies(bodies, samples, make),
      send: (sample, answered) => caller.call("ModelInfer", bodies.get(sample)!.bytes, (failure, message) => answered(failure ? { ok: false, problem: describeStatus(failure) } : read(message!))),
      judge(sample, bytes) {
        const expected = data?.[sample]?.expect;
        return expected === undefined ? null : Buffer.from(bytes).includes(expected);
      },
      close: () => caller.close(),
    };
  } catch (error) {
    caller.close();
    throw error;
  }
}

/** The outputs' values alone, in their binary form: an answer also bears ids that differ between equal ones. */
function read(message: Buffer): Parameters<Parameters<Target["send"]>[1]>[0] {
  const answer = decodeInfer(message) as Answer | Malformed;
  if (answer instanceof Malformed) return { ok: false, problem: `the answer cannot be read: ${answer.reason}` };
  const { outputs, raw_output_contents: raw } = answer;
  if (outputs.length === 0) return { ok: false, problem: "the answer has no outputs" };
  if (raw.length === 1) return { ok: true, data: raw[0]! };
  if (raw.length > 1) return { ok: true, data: Buffer.concat(raw) };
  try {
    return { ok: true, data: Buffer.concat(outputs.map(typedBytes)) };
  } catch (error) {
    return { ok: false, problem: `the answer cannot be read: ${(error as Error).message}` };
  }
}

function typedBytes({ name, datatype, shape, contents }: Output): Buffer {
  const values = Object.values(contents ?? {}).find((field): field is unknown[] => Array.isArray(field) && field.length > 0) ?? [];
  return tensorBytes({ name, datatype, shape: shape.map(Number) }, values);
}

async function describe(caller: GrpcCaller, { baseUrl, model, shapes, data }: OipGrpcOptions): Promise<{ inputs: TensorSpec[]; name: string }> {
  const server = (await ask(caller, baseUrl, "ServerMetadata", {})) as { name: string; version: string };
  const { inputs } = (await ask(caller, baseUrl, "ModelMetadata", { name: model })) as Metadata;
  const declared = inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape: shape.map(Number) }));
  return { inputs: shapedInputs(declared, shapes, { url: baseUrl, model, hasData: data !== null }), name: `${server.name || "endpoint"} ${server.version} ${model}, gRPC`.replace(/\s+/g, " ").replace(" ,", ",") };
}

/** A method whose messages are `<method>Request` and `<method>Response`. */
async function ask(caller: GrpcCaller, url: string, method: string, request: object): Promise<object> {
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

function madeUp(model: string, inputs: readonly TensorSpec[], sample: number): object {
  return { model_name: model, id: `sample-${sample}`, inputs, raw_input_contents: inputs.map((input) => madeUpTensor(input, sample)) };
}
