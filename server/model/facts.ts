// Owns putting a model's facts together: graph + shapes → layers, cuts, state, totals. The one place that knows the order of the steps.
import type { TensorSpec } from "../../agents/protocol/tensor.ts";
import { cutsAt, positionsOf } from "./cuts.ts";
import { addDerivations } from "./derivations.ts";
import { chooseDimensionValues, firstStepShape } from "./dimensions.ts";
import { type Graph, type Op, placeOf, tensorByteSize } from "./graph.ts";
import { addLayerFiles } from "./layer-files.ts";
import { layerBoundaries, layersOf } from "./layers.ts";
import type { ModelFacts } from "./model.ts";
import { ModelRefusal, shortName } from "./model-refusal.ts";
import { DATA_TYPE_OF } from "./onnx-types.ts";
import { type Schedule, scheduleOps } from "./schedule.ts";
import { mergeShapes, nonWireValues, type ShapeReports, type ValueTable, valueBytes } from "./shapes.ts";
import { findStates } from "./states.ts";

export type ModelIdentity = Pick<ModelFacts, "digest" | "fileBytes" | "externalFiles">;

export function analyse(graph: Graph, reports: ShapeReports, identity: ModelIdentity): ModelFacts {
  const dimensionValues = chooseDimensionValues(graph);
  const values = mergeShapes(graph, dimensionValues, nonWireValues(graph), reports);
  checkOutputs(graph, (name) => values.get(name)?.notWire ?? null);
  const states = findStates(graph.inputs, graph.outputs, (input) => firstStepShape(input, dimensionValues));
  const schedule = scheduleOps(graph, states, (name) => valueBytes(values.get(name)));
  if (schedule.ops.length === 0) throw new ModelRefusal("no-ops", "No op of the model leads from its inputs to its outputs.", { place: "graph.node" });
  const positions = positionsOf(schedule, values);
  const boundaries = layerBoundaries(schedule, positions);
  const layers = layersOf(schedule, values, boundaries);
  const cuts = cutsAt(schedule, values, boundaries, positions);
  addDerivations(schedule, layers, cuts, boundaries);
  addLayerFiles(schedule, layers, identity);
  const unknown = [...values.values()].filter((facts) => facts.sizes === null && facts.notWire === null).length;
  const warnings = [...graph.warnings];
  if (schedule.deadOps > 0) warnings.push(`${schedule.deadOps} ops lead to no output; they are left out.`);
  if (unknown > 0) warnings.push(`The sizes of ${unknown} values are unknown; their bytes and FLOPs count as 0.`);
  const total = totalWeights(graph);
  const facts: ModelFacts = {
    ...identity, opset: graph.model.opsets, irVersion: graph.model.irVersion, producer: graph.model.producer.slice(0, 200),
    inputs: graph.inputs.map((input) => specOf(input.name, values)), outputs: graph.outputs.map((output) => specOf(output.name, values)),
    states, opCount: graph.ops.length, parameterCount: layers.reduce((sum, layer) => sum + layer.parameterCount, 0),
    weightBytes: Math.max(total, layers.reduce((sum, layer) => sum + layer.weightBytes, 0)), dimensionValues, layers, cuts,
    noCutReason: cuts.some((cut) => cut.legal) ? null : noCutReason(schedule, cuts.map((cut) => cut.reason)), warnings,
  };
  const stateOutputs = new Set(states.map((pair) => pair.output));
  const answered = graph.outputs.filter((output) => !stateOutputs.has(output.name)).map((output) => values.get(output.name));
  if (answered.every((value) => value !== undefined && value.sizes !== null)) facts.outputBytes = answered.reduce((sum, value) => sum + valueBytes(value), 0);
  return facts;
}

/** What leaves a model must be a tensor of a type that can travel. `reasonOf`: why a value cannot; null = it can. Also known before the runtime is asked, by rules of types alone. */
export function checkOutputs(graph: Graph, reasonOf: (value: string) => string | null): void {
  for (const [index, output] of graph.outputs.entries()) {
    const reason = reasonOf(output.name);
    if (reason === null) continue;
    const made = graph.producer.get(output.name);
    throw new ModelRefusal("unsupported-type", `The output "${shortName(output.name)}" is ${reason}, which cannot leave a model here.`, {
      place: `graph.output[${index}]${made === undefined ? "" : `, made by ${placeOf(made)}`}`, fix: "Add a Cast to float32 or int32 before the output and export again.",
    });
  }
}

function specOf(name: string, values: ValueTable): TensorSpec {
  const facts = values.get(name);
  if (facts?.dataType) return { name, dataType: facts.dataType, shape: facts.shape };
  throw new ModelRefusal("unsupported-type", `The type of "${shortName(name)}" is unknown.`, { place: `"${shortName(name)}"`, fix: "Export with types on inputs and outputs." });
}

function totalWeights(graph: Graph): number {
  let bytes = 0;
  for (const tensor of graph.initializers.values()) if (DATA_TYPE_OF[tensor.elementType] !== undefined) bytes += tensorByteSize(tensor) ?? 0;
  return bytes;
}

function noCutReason(schedule: Schedule, reasons: (string | null)[]): string {
  const body = schedule.ops.find((op: Op) => (op.opType === "If" || op.opType === "Loop" || op.opType === "Scan") && [...op.attributes.values()].some((attribute) => attribute.graphs.some((inner) => inner.nodes.length > 1)));
  if (reasons.length === 0 && body !== undefined) {
    return `All of the model's work is inside one ${body.opType} op (${placeOf(body)}); a cut inside a branch or loop body is not possible, and around it nothing is left to run.`;
  }
  const first = reasons.find((reason) => reason !== null);
  return first ?? "The model is a single layer: there is nothing to cut it into.";
}
