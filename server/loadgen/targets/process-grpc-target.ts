// Owns measuring a deployment of ours through its processor over gRPC: the protocol serves it as a model of its own, "NAME.process", which takes one BYTES element (docs/decisions/0024).
import type { Answer } from "../issue-queries.ts";
import { awaitReady } from "./await-ready.ts";
import { createGrpcCaller } from "./grpc-caller.ts";
import { askService, failedCall, inferBytes, readInfer } from "./grpc-service.ts";
import type { CallerOptions } from "./http-caller.ts";
import { bytesElement } from "./made-up-tensor.ts";
import type { RawSample } from "./process-target.ts";
import { loadBodies, type Target } from "./target.ts";

const INPUT = { name: "INPUT", datatype: "BYTES", shape: [1] };
/** What `/process` answers over HTTP, JSON. */
const ANSWER = "ANSWER";
/** Before an element's bytes: how many there are. */
const LENGTH_BYTES = 4;

/** What kind a sample is, the processor sees by itself. @throws Error in words for whoever started the run, also where there is no processor */
export async function openProcessGrpcTarget(options: CallerOptions & { model: string; samples: readonly RawSample[] }): Promise<Target> {
  const { baseUrl, model, samples } = options;
  const asked = `${model}.process`;
  const caller = createGrpcCaller(options);
  try {
    const { outputs } = (await askService(caller, baseUrl, "ModelMetadata", { name: asked }).catch((error: Error) => { throw new Error(`A text, a picture or a sound is for a model with a processor, which Cutplane serves as "${asked}": ${error.message}`); })) as { outputs: { name: string }[] };
    if (!outputs.some(({ name }) => name === ANSWER)) throw new Error(`${baseUrl} has a model "${asked}" that answers no "${ANSWER}": it is no processor.`);
    if (samples.some(({ label }) => label !== undefined)) await awaitReady(`The processor of "${model}"`, async () => ((await askService(caller, baseUrl, "ModelReady", { name: asked })) as { ready: boolean }).ready);
    const bodies = new Map<number, { bytes: Buffer }>();
    const make = (sample: number) => ({ bytes: inferBytes({ model_name: asked, inputs: [INPUT], raw_input_contents: [bytesElement(samples[sample]!.bytes)], outputs: [{ name: ANSWER }] }) });
    return {
      name: `${baseUrl} ${model}, processed`,
      sampleCount: samples.length,
      load: (wanted) => loadBodies(bodies, wanted, make),
      send: (sample, answered) => caller.call("ModelInfer", bodies.get(sample)!.bytes, (failure, message) => answered(failure ? failedCall(failure) : read(message!))),
      judge(sample, data) {
        const { expect } = samples[sample]!;
        return expect === undefined ? null : Buffer.from(data).toString().includes(expect);
      },
      close: () => caller.close(),
    };
  } catch (error) {
    caller.close();
    throw error;
  }
}

/** The JSON alone, as it comes over HTTP. */
function read(message: Buffer): Answer {
  const answer = readInfer(message);
  if (typeof answer === "string") return { ok: false, problem: answer };
  const [element] = answer.parts;
  return element && element.length >= LENGTH_BYTES ? { ok: true, data: element.subarray(LENGTH_BYTES) } : { ok: false, problem: `the answer's "${ANSWER}" is empty` };
}
