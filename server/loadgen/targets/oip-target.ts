// Owns measuring an endpoint of the Open Inference Protocol v2 over HTTP: Cutplane's ingress, Triton, KServe, or any other that speaks it.
// https://github.com/kserve/open-inference-protocol; binary tensors as in Triton's extension_binary_data.md
import type { Answer } from "../issue-queries.ts";
import { errorWords } from "./error-words.ts";
import { type CallerOptions, type HttpCaller, ask, createHttpCaller } from "./http-caller.ts";
import { madeUpTensor, tensorValues, type TensorSpec } from "./made-up-tensor.ts";
import { binaryAsJson } from "./outputs-as-json.ts";
import type { DataRow } from "./read-data.ts";
import { shapedInputs } from "./shaped-inputs.ts";
import { describeFailure, failedAnswer, loadBodies, type Target } from "./target.ts";

export type OipOptions = CallerOptions & {
  model: string;
  encoding: "binary" | "json" | "auto";
  /** By input name: sizes for the model's open dimensions. */
  shapes: Record<string, number[]>;
  /** Infer requests to send; null = made up from the model's inputs. */
  data: readonly DataRow[] | null;
  sampleCount: number;
};

type Body = { bytes: Buffer; jsonBytes: number | null };

/** @throws Error in words for whoever started the run */
export async function openOipTarget(options: OipOptions): Promise<Target> {
  const caller = createHttpCaller(options);
  try {
    const { inputs, isBinary, name } = await describe(caller, options);
    const bodies = new Map<number, Body>();
    const make = (sample: number): Body => (options.data ? { bytes: Buffer.from(JSON.stringify(options.data[sample]!.request)), jsonBytes: null } : encode(inputs, sample, isBinary));
    return {
      name, sampleCount: options.data?.length ?? options.sampleCount,
      load: (samples) => loadBodies(bodies, samples, make),
      send: (sample, answered) => send(caller, options.model, bodies.get(sample)!, answered),
      judge: (sample, data) => judge(options.data?.[sample]?.expect, data),
      close: () => caller.close(),
    };
  } catch (error) {
    caller.close();
    throw error;
  }
}

function send(caller: HttpCaller, model: string, body: Body, answered: Parameters<Target["send"]>[1]): void {
  const headers: Record<string, string> = body.jsonBytes === null ? { "content-type": "application/json" } : { "content-type": "application/octet-stream", "inference-header-content-length": String(body.jsonBytes) };
  caller.call({ method: "POST", path: `${modelPath(model)}/infer`, headers, body: body.bytes }, (error, reply) => {
    if (!reply) answered({ ok: false, problem: errorWords(error!) });
    else if (reply.status !== 200) answered(failedAnswer(reply.status, reply.body));
    else answered(read(reply.body, reply.headers["inference-header-content-length"]));
  });
}

/** The outputs alone: the JSON before binary tensors bears ids that differ between equal answers. */
function read(body: Buffer, jsonBytes: string | string[] | undefined): Answer {
  if (jsonBytes === undefined) return { ok: true, data: body };
  return { ok: true, data: body.subarray(Number(jsonBytes)), told: () => binaryAsJson(body, Number(jsonBytes)) };
}

/** `expect` is a text that the answer's outputs contain, or nothing. */
function judge(expected: string | undefined, data: Uint8Array): boolean | null {
  return expected === undefined ? null : Buffer.from(data).includes(expected);
}

function modelPath(model: string): string {
  return `/v2/models/${encodeURIComponent(model)}`;
}

async function describe(caller: HttpCaller, options: OipOptions): Promise<{ inputs: TensorSpec[]; isBinary: boolean; name: string }> {
  const server = await getJson(caller, "/v2", options.baseUrl);
  const model = await getJson(caller, modelPath(options.model), options.baseUrl);
  const extensions = Array.isArray(server.extensions) ? server.extensions : [];
  const isBinary = options.encoding === "binary" || (options.encoding === "auto" && extensions.includes("binary_tensor_data"));
  const declared = Array.isArray(model.inputs) ? (model.inputs as TensorSpec[]) : [];
  const inputs = shapedInputs(declared, options.shapes, { url: options.baseUrl, model: options.model, hasData: options.data !== null });
  return { inputs, isBinary, name: `${String(server.name ?? "endpoint")} ${String(server.version ?? "")} ${options.model}`.replace(/\s+/g, " ") };
}

async function getJson(caller: HttpCaller, path: string, url: string): Promise<Record<string, unknown>> {
  const reply = await ask(caller, { method: "GET", path }).catch((error: Error) => { throw new Error(`${url} does not answer: ${errorWords(error)}. Is it running, and is the address right?`); });
  if (reply.status !== 200) throw new Error(`${url} answers GET ${path} with ${describeFailure(reply.status, reply.body)}`);
  try {
    return JSON.parse(reply.body.toString()) as Record<string, unknown>;
  } catch {
    throw new Error(`${url} answers GET ${path} with something that is not JSON: is it an Open Inference Protocol endpoint?`);
  }
}

function encode(inputs: readonly TensorSpec[], sample: number, isBinary: boolean): Body {
  const tensors = inputs.map((input) => madeUpTensor(input, sample));
  const id = `sample-${sample}`;
  if (!isBinary) return { bytes: Buffer.from(JSON.stringify({ id, inputs: inputs.map((input, i) => ({ ...input, data: tensorValues(input, tensors[i]!) })) })), jsonBytes: null };
  const json = Buffer.from(JSON.stringify({ id, parameters: { binary_data_output: true }, inputs: inputs.map((input, i) => ({ ...input, parameters: { binary_data_size: tensors[i]!.length } })) }));
  return { bytes: Buffer.concat([json, ...tensors]), jsonBytes: json.length };
}
