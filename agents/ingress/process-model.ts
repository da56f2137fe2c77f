// Owns the second name of a model with a processor, "NAME.process": under it the protocol serves what `/process` does, as a model that takes one BYTES
// element and answers BYTES and FP32, so that clients which know nothing but the protocol reach it (docs/decisions/0024).
import { answerOutputs } from "../processor/answer-outputs.ts";
import type { MovedRoute } from "../protocol/control.ts";
import type { UnloadedRoute } from "../protocol/repository-call.ts";
import { oipNameOf } from "./oip.ts";
import type { RouteRuntime } from "./route-runtime.ts";

const SUFFIX = ".process";
/** The picture, text or sound, as it would be `/process`'s body. */
export const PROCESS_INPUT = "INPUT";
/** `/process`'s answer, JSON. */
export const PROCESS_ANSWER = "ANSWER";

export const processName = (modelName: string): string => `${modelName}${SUFFIX}`;

/** Whose model is meant. One that has the whole name for its own goes before. */
export function ownerOf({ routes, moved, unloaded }: { routes: readonly RouteRuntime[]; moved: readonly MovedRoute[]; unloaded: readonly UnloadedRoute[] }, name: string): { owner: string; isProcess: boolean } {
  const own = { owner: name, isProcess: false };
  if (!name.endsWith(SUFFIX)) return own;
  const isKnown = (wanted: string) => routes.some(({ route }) => route.modelName === wanted) || [...moved, ...unloaded].some(({ modelName }) => modelName === wanted);
  const owner = name.slice(0, -SUFFIX.length);
  return isKnown(name) || !isKnown(owner) ? own : { owner, isProcess: true };
}

/** One dimension each. */
export function processOutputs({ route }: RouteRuntime): { name: string; datatype: string; size: number }[] {
  const more = answerOutputs(route.processor?.kind ?? "").map(({ name, dataType, size }) => ({ name, datatype: oipNameOf(dataType), size }));
  return [{ name: PROCESS_ANSWER, datatype: oipNameOf("bytes"), size: 1 }, ...more];
}

export function processMetadata(route: RouteRuntime, versions: string[]) {
  const { modelName, states, processor } = route.route;
  return {
    name: processName(modelName), versions, platform: "onnx_cutplane",
    inputs: [{ name: PROCESS_INPUT, datatype: oipNameOf("bytes"), shape: [1] }],
    outputs: processOutputs(route).map(({ name, datatype, size }) => ({ name, datatype, shape: [size] })),
    parameters: { stateful: states.length > 0, processor: processor?.kind ?? "", accepts: route.processor.accepts.join(", "), tensors: modelName },
  };
}

/** Each request is one picture, text or sound, and runs alone. */
export function processConfig(route: RouteRuntime) {
  const typeOf = (datatype: string) => (datatype === oipNameOf("bytes") ? "TYPE_STRING" : `TYPE_${datatype}`);
  return {
    name: processName(route.route.modelName), platform: "onnx_cutplane", backend: "cutplane", version_policy: { latest: { num_versions: 1 } }, max_batch_size: 0,
    input: [{ name: PROCESS_INPUT, data_type: "TYPE_STRING", dims: [1] }],
    output: processOutputs(route).map(({ name, datatype, size }) => ({ name, data_type: typeOf(datatype), dims: [size] })),
    parameters: {}, model_transaction_policy: { decoupled: false },
  };
}
