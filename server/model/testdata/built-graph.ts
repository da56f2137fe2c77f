// Small graphs for the tests of the model core: built op by op, written and read back as any file is.
import type { DataType } from "../../../agents/protocol/tensor.ts";
import { memorySource } from "../byte-source.ts";
import { buildGraph, type Graph, type Op } from "../graph.ts";
import { parseModel } from "../onnx-proto.ts";
import type { ValueFacts, ValueTable } from "../shapes.ts";
import { ModelBuilder } from "../synthetic/model-builder.ts";

export function builtGraph(build: (model: ModelBuilder) => void): Graph {
  const model = new ModelBuilder({ seed: 1 });
  build(model);
  const chunks: Uint8Array[] = [];
  model.write((chunk) => chunks.push(chunk.slice()));
  return buildGraph(parseModel(memorySource(Buffer.concat(chunks))));
}

/** float32 values of these sizes; `more` says otherwise of single ones. */
export function valuesOf(sizes: Record<string, number[]>, more: Record<string, Partial<ValueFacts> & { dataType?: DataType | null }> = {}): ValueTable {
  const names = [...new Set([...Object.keys(sizes), ...Object.keys(more)])];
  return new Map(names.map((name) => [name, { dataType: "float32", notWire: null, shape: sizes[name] ?? null, sizes: sizes[name] ?? null, ...more[name] }]));
}

export function opNamed(graph: Graph, name: string): Op {
  const op = graph.ops.find((one) => one.name === name);
  if (!op) throw new Error(`no op ${name}`);
  return op;
}
