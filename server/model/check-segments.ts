// Owns the independent check that segments in a row are the whole model. It reads the skeletons themselves and follows values by name; it
// shares no code with what made them but the parser.
import type { TensorSpec } from "../../agents/protocol/tensor.ts";
import { memorySource } from "./byte-source.ts";
import type { Graph, Op } from "./graph.ts";
import { parseModel } from "./onnx-proto.ts";
import type { NodeProto } from "./onnx-types.ts";

export type CheckedSegment = { skeleton: Uint8Array; inputs: TensorSpec[]; outputs: TensorSpec[] };

/** Problems in words; empty = the segments compute the model's outputs by the model's own ops. */
export function checkSegments(graph: Graph, segments: CheckedSegment[]): string[] {
  const problems: string[] = [];
  const available = new Set(graph.inputs.map((input) => input.name));
  const outputsOf = new Map<string, Op>(graph.ops.flatMap((op) => op.outputs.map((output): [string, Op] => [output, op])));
  for (const [index, segment] of segments.entries()) {
    const model = parseModel(memorySource(segment.skeleton));
    const here = new Set([...model.graph.initializers.map((tensor) => tensor.name), ...model.graph.inputs.map((input) => input.name)]);
    const declared = model.graph.inputs.map((input) => input.name).sort().join();
    if (declared !== segment.inputs.map((input) => input.name).sort().join()) problems.push(`segment ${index}: its file's inputs are not the ones it declares`);
    for (const input of model.graph.inputs) {
      if (!available.has(input.name)) problems.push(`segment ${index}: nothing before it makes "${input.name}"`);
      if (input.elementType === 0) problems.push(`segment ${index}: input "${input.name}" has no type`);
    }
    for (const tensor of model.graph.initializers) checkWeight(graph, tensor.name, outputsOf, index, problems);
    for (const node of model.graph.nodes) {
      const original = node.outputs.map((output) => outputsOf.get(output)).find((op) => op !== undefined);
      if (original === undefined || !sameNode(original.proto, node)) problems.push(`segment ${index}: an op making "${node.outputs[0]}" is not the model's`);
      for (const value of original?.reads ?? []) if (!here.has(value)) problems.push(`segment ${index}: "${value}" is read before it is made`);
      for (const output of node.outputs) here.add(output);
    }
    for (const output of segment.outputs) {
      if (!here.has(output.name)) problems.push(`segment ${index}: it does not make "${output.name}"`);
      available.add(output.name);
    }
  }
  for (const output of graph.outputs) if (!available.has(output.name)) problems.push(`no segment makes the output "${output.name}"`);
  return problems;
}

function checkWeight(graph: Graph, name: string, outputsOf: ReadonlyMap<string, Op>, index: number, problems: string[]): void {
  const made = outputsOf.get(name);
  if (!graph.initializers.has(name) && made?.opType !== "Constant") problems.push(`segment ${index}: "${name}" is no weight of the model`);
}

function sameNode(a: NodeProto, b: NodeProto): boolean {
  return a.opType === b.opType && a.domain === b.domain && a.range.end - a.range.start === b.range.end - b.range.start && a.inputs.join("\n") === b.inputs.join("\n") && a.outputs.join("\n") === b.outputs.join("\n");
}
