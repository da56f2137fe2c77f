// Owns what the protocol tells of servers and models: metadata, configuration, the repository's index. One shape for REST and gRPC: field names and
// order are the protocol's (kserve/open-inference-protocol; Triton's model configuration, statistics and model repository extensions).
import type { UnloadedRoute } from "../protocol/repository-call.ts";
import type { TensorSpec } from "../protocol/tensor.ts";
import { AGENT_VERSION } from "../version.ts";
import { OIP_NAMES } from "./oip.ts";
import { PRIORITY_LEVELS } from "./priority.ts";
import { IDLE_MS } from "./sequences.ts";
import type { FoundModel } from "./find-model.ts";
import { processConfig, processMetadata, processName } from "./process-model.ts";
import type { RouteRuntime } from "./route-runtime.ts";

/** Clients written for Triton compare this name and refuse another (docs/decisions/0007). The version says who answers. */
export const SERVER_NAME = "triton";
const EXTENSIONS = ["binary_tensor_data", "parameters", "sequence", "schedule_policy", "model_configuration", "model_repository", "statistics", "trace", "logging", "classification", "process"];
export const serverMetadata = (shared: { isOffered: boolean }) => ({
  name: SERVER_NAME, version: `cutplane-${AGENT_VERSION}`, extensions: shared.isOffered ? [...EXTENSIONS, "system_shared_memory"] : EXTENSIONS,
});

type Told = { name: string; datatype: string; shape: number[] };

/** What clients send and get: state that lives on the stages is not among it. -1 = dynamic. */
function tensorsOf({ route }: RouteRuntime, specs: TensorSpec[]): Told[] {
  const stateNames = new Set(route.states.flatMap((state) => [state.input, state.output]));
  return specs.filter((spec) => !stateNames.has(spec.name)).map(({ name, dataType, shape }) => ({
    name, datatype: OIP_NAMES[dataType], shape: (shape ?? [-1]).map((size) => (typeof size === "number" ? size : -1)),
  }));
}

/** `versions`: those that may be named; of a version, as Triton tells it, that one. */
export function modelMetadata({ route, version, isProcess }: FoundModel) {
  const versions = (version ? [version] : route.offered()).map((one) => one.version);
  if (isProcess) return processMetadata(route, versions);
  const { modelName, inputs, outputs, states, processor } = route.route;
  return {
    name: modelName, versions, platform: "onnx_cutplane", inputs: tensorsOf(route, inputs), outputs: tensorsOf(route, outputs),
    parameters: { stateful: states.length > 0, processor: processor?.kind ?? "", process: processor ? processName(modelName) : "", accepts: route.processor.accepts.join(", "), widens: inputs.some(({ dataType }) => dataType === "float32") ? "BF16 to FP32" : "" },
  };
}

/** Shapes of a model that is batched leave the batch out, as Triton's do. */
export function modelConfig({ route, isProcess }: FoundModel) {
  if (isProcess) return processConfig(route);
  const { modelName, inputs, outputs, states, batching, processor } = route.route;
  const { maxSize: maxBatchSize } = route.batching;
  const isBatched = maxBatchSize > 0 && batching;
  const tell = (specs: TensorSpec[]) => tensorsOf(route, specs).map(({ name, datatype, shape }) => ({ name, data_type: `TYPE_${datatype}`, dims: maxBatchSize > 0 ? shape.slice(1) : shape }));
  const { pictures, labels } = route.processor;
  const labelsFile = typeof processor?.labelsFile === "string" ? processor.labelsFile : "";
  return {
    name: modelName, platform: "onnx_cutplane", backend: "cutplane", version_policy: { latest: { num_versions: 1 } }, max_batch_size: maxBatchSize,
    // Of each picture's input its layout, as clients that make pictures into tensors themselves ask it.
    input: tell(inputs).map((one) => ({ ...one, format: pictures?.input === one.name ? `FORMAT_${pictures.layout}` : "FORMAT_NONE" })),
    output: tell(outputs).map((one) => ({ ...one, label_filename: labels?.output === one.name ? labelsFile : "" })),
    ...(states.length > 0 ? { sequence_batching: { max_sequence_idle_microseconds: IDLE_MS * 1000 } } : {}),
    // Requests wait in order of their priority also where each runs alone.
    ...(states.length > 0 ? {} : { dynamic_batching: { preferred_batch_size: isBatched ? batching.preferredSizes : [], max_queue_delay_microseconds: isBatched ? Math.round(batching.maxDelayMs * 1000) : 0, priority_levels: PRIORITY_LEVELS, default_priority_level: PRIORITY_LEVELS } }),
    parameters: { ...because("batching_off_because", route.batching.problem), ...because("padding_off_because", route.batching.paddingProblem) }, model_transaction_policy: { decoupled: false },
  };
}

const because = (key: string, problem: string | null) => (problem === null ? {} : { [key]: { string_value: problem } });

/** By either name the same numbers, under the one that was asked. */
export function modelStatistics({ route, version, isProcess }: FoundModel) {
  const told = route.statistics(version);
  return isProcess ? told.map((row) => ({ ...row, name: processName(row.name) })) : told;
}

/** Every deployment that enters here, each of its versions, and those that do not run. */
export function repositoryIndex({ routes, unloaded }: { routes: readonly RouteRuntime[]; unloaded: readonly UnloadedRoute[] }, onlyReady: boolean) {
  const rows = routes.flatMap((route) => {
    const name = route.route.modelName;
    // It still answers what it had let in.
    if (unloaded.some((one) => one.modelName === name)) return [];
    const versions = route.versions();
    if (versions.length === 0) return [{ name, version: "", state: "UNAVAILABLE", reason: route.notReadyBecause() }];
    const row = (as: string, version: string, problem: string | null) => ({ name: as, version, state: problem === null ? "READY" : "UNAVAILABLE", reason: problem ?? "" });
    const { processor } = route;
    return versions.flatMap(({ version, ready, problem }) => {
      const because = ready ? null : (problem ?? "");
      if (!route.route.processor) return [row(name, version, because)];
      return [row(name, version, because), row(processName(name), version, because ?? (processor.ready ? null : processor.notReadyBecause))];
    });
  });
  const off = unloaded.map(({ modelName, version, reason }) => ({ name: modelName, version, state: "UNAVAILABLE", reason }));
  return onlyReady ? rows.filter((row) => row.state === "READY") : [...rows, ...off];
}
