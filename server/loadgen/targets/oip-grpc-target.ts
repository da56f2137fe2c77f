// Owns measuring an endpoint of the Open Inference Protocol over gRPC (GRPCInferenceService): Cutplane's ingress, Triton, KServe, or any other that speaks it.
// https://github.com/kserve/open-inference-protocol/blob/main/specification/protocol/inference_grpc.md
import type { Answer } from "../issue-queries.ts";
import { createGrpcCaller, type GrpcCaller } from "./grpc-caller.ts";
import { askService, failedCall, inferBytes, readInfer } from "./grpc-service.ts";
import type { CallerOptions } from "./http-caller.ts";
import { inferMessage } from "./infer-message.ts";
import { madeUpTensor, type TensorSpec } from "./made-up-tensor.ts";
import { outputsAsJson } from "./outputs-as-json.ts";
import type { DataRow } from "./read-data.ts";
import { shapedInputs } from "./shaped-inputs.ts";
import { loadBodies, type Target } from "./target.ts";

export type OipGrpcOptions = CallerOptions & {
  model: string;
  /** By input name: sizes for the model's open dimensions. */
  shapes: Record<string, number[]>;
  /** Infer requests to send, in the protocol's JSON; null = made up from the model's inputs. */
  data: readonly DataRow[] | null;
  sampleCount: number;
};

type Metadata = { inputs: { name: string; datatype: string; shape: unknown[] }[] };

/** @throws Error in words for whoever started the run; also for a labelled sample that no message can be made of, before any is sent */
export async function openOipGrpcTarget(options: OipGrpcOptions): Promise<Target> {
  const { model, data, sampleCount } = options;
  for (const [sample, { request, label }] of data?.entries() ?? []) if (label !== undefined) inferMessage(model, request, sample);
  const caller = createGrpcCaller(options);
  try {
    const { inputs, name } = await describe(caller, options);
    const bodies = new Map<number, { bytes: Buffer }>();
    const make = (sample: number) => ({ bytes: inferBytes(data ? inferMessage(model, data[sample]!.request, sample) : madeUp(model, inputs, sample)) });
    return {
      name, sampleCount: data?.length ?? sampleCount,
      load: (samples) => loadBodies(bodies, samples, make),
      send: (sample, answered) => caller.call("ModelInfer", bodies.get(sample)!.bytes, (failure, message) => answered(failure ? failedCall(failure) : read(message!))),
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
function read(message: Buffer): Answer {
  const answer = readInfer(message);
  if (typeof answer === "string") return { ok: false, problem: answer };
  const { outputs, parts } = answer;
  return { ok: true, data: parts.length === 1 ? parts[0]! : Buffer.concat(parts), told: () => outputsAsJson(outputs, parts) };
}

async function describe(caller: GrpcCaller, { baseUrl, model, shapes, data }: OipGrpcOptions): Promise<{ inputs: TensorSpec[]; name: string }> {
  const server = (await askService(caller, baseUrl, "ServerMetadata", {})) as { name: string; version: string };
  const { inputs } = (await askService(caller, baseUrl, "ModelMetadata", { name: model })) as Metadata;
  const declared = inputs.map(({ name, datatype, shape }) => ({ name, datatype, shape: shape.map(Number) }));
  return { inputs: shapedInputs(declared, shapes, { url: baseUrl, model, hasData: data !== null }), name: `${server.name || "endpoint"} ${server.version} ${model}, gRPC`.replace(/\s+/g, " ").replace(" ,", ",") };
}

function madeUp(model: string, inputs: readonly TensorSpec[], sample: number): object {
  return { model_name: model, id: `sample-${sample}`, inputs, raw_input_contents: inputs.map((input) => madeUpTensor(input, sample)) };
}
