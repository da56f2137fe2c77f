// Owns the model as ops and values: who makes what, who reads it, in which order. Refuses files whose wiring is broken. Not shapes, not cost.
import { type AttributeProto, BITS_OF, DATA_TYPE_OF, elementTypeName, type GraphProto, type ModelProto, type NodeProto, type TensorProto, type ValueInfoProto } from "./onnx-types.ts";
import { ModelRefusal, shortName } from "./model-refusal.ts";

export type Op = {
  /** Position in `Graph.ops`: a topological order. */
  index: number;
  /** Name in the file, or "#<position in the file>" where it has none. */
  name: string;
  opType: string; domain: string;
  /** Values read, "" (absent) left out; values of outer scopes that its sub-graphs read are in `captures`. */
  inputs: string[]; captures: string[];
  /** Inputs ∪ captures. */
  reads: string[];
  /** Values made, "" left out. */
  outputs: string[];
  attributes: ReadonlyMap<string, AttributeProto>;
  proto: NodeProto;
  /** Depends on weights and constants alone: repeated in each segment that reads it. */
  isConstant: boolean;
};

export type Graph = {
  model: ModelProto;
  ops: Op[];
  /** Weights by value name, including those of large `Constant` ops. */
  initializers: ReadonlyMap<string, TensorProto>;
  /** Model inputs that are not weights. */
  inputs: ValueInfoProto[];
  outputs: ValueInfoProto[];
  valueInfos: ReadonlyMap<string, ValueInfoProto>;
  /** Value → op that makes it. Inputs and initializers have none. */
  producer: ReadonlyMap<string, Op>;
  /** Value → ops that read it, in order. */
  consumers: ReadonlyMap<string, Op[]>;
  warnings: string[];
};

export function buildGraph(model: ModelProto): Graph {
  const { graph } = model;
  const warnings: string[] = [];
  if (graph.nodes.length === 0) throw new ModelRefusal("no-ops", "The model has no ops.", { place: "graph.node" });
  if (graph.outputs.length === 0) throw new ModelRefusal("no-outputs", "The model has no outputs.", { place: "graph.output" });
  if (graph.sparseInitializers > 0) throw new ModelRefusal("unsupported-feature", "Sparse weights (sparse_initializer) are not supported.", { place: "graph.sparse_initializer[0]", fix: "Export with dense weights." });
  const initializers = initializersOf(graph);
  const inputs = graph.inputs.filter((input) => !initializers.has(input.name));
  if (inputs.length < graph.inputs.length && model.irVersion >= 4) warnings.push(`${graph.inputs.length - inputs.length} inputs have defaults in the file; they are treated as constants.`);
  for (const [index, value] of inputs.entries()) checkDeclared(value, `graph.input[${index}]`);
  for (const [index, value] of graph.outputs.entries()) checkDeclared(value, `graph.output[${index}]`);
  const declared = graph.nodes.map((node, position) => opOf(node, position));
  const producer = producersOf(declared, initializers, inputs);
  checkReads(declared, producer, initializers, inputs);
  const ops = topological(declared, producer);
  markConstants(ops, producer, initializers, inputs);
  const consumers = new Map<string, Op[]>();
  for (const op of ops) {
    for (const value of op.reads) {
      const list = consumers.get(value);
      if (list === undefined) consumers.set(value, [op]);
      else list.push(op);
    }
  }
  const known = new Set([...producer.keys(), ...initializers.keys(), ...inputs.map((input) => input.name)]);
  for (const [index, output] of graph.outputs.entries()) {
    if (!known.has(output.name)) throw missing(output.name, `graph.output[${index}]`, "The model's output");
  }
  const valueInfos = new Map(graph.valueInfos.map((info) => [info.name, info]));
  return { model, ops, initializers, inputs, outputs: graph.outputs, valueInfos, producer, consumers, warnings };
}

/** Element type of a declared input or output must be one that can cross machines. */
function checkDeclared(value: ValueInfoProto, place: string): void {
  const where = `${place} "${shortName(value.name)}"`;
  if (value.kind !== null && value.kind !== "tensor") throw new ModelRefusal("unsupported-type", `"${shortName(value.name)}" is a ${value.kind}; only dense tensors can enter or leave a model.`, { place: where });
  if (value.elementType !== 0 && DATA_TYPE_OF[value.elementType] === undefined) {
    throw new ModelRefusal("unsupported-type", `"${shortName(value.name)}" has type ${elementTypeName(value.elementType)}, which cannot enter or leave a model here.`, {
      place: where, fix: "Export with a Cast to float32 or int32 at that place.",
    });
  }
}

function initializersOf(graph: GraphProto): Map<string, TensorProto> {
  const initializers = new Map<string, TensorProto>();
  for (const [index, tensor] of graph.initializers.entries()) {
    const place = `graph.initializer[${index}] "${shortName(tensor.name)}"`;
    if (initializers.has(tensor.name)) throw new ModelRefusal("duplicate-name", `Two weights have the name "${shortName(tensor.name)}".`, { place });
    checkTensor(tensor, place);
    initializers.set(tensor.name, tensor);
  }
  for (const [index, node] of graph.nodes.entries()) {
    if (node.opType !== "Constant") continue;
    const tensor = node.attributes.find((attribute) => attribute.name === "value")?.tensor;
    if (tensor) checkTensor(tensor, `graph.node[${index}] "${shortName(node.name || node.outputs[0] || "")}"`);
  }
  for (const [index, node] of graph.nodes.entries()) for (const attribute of node.attributes) for (const body of attribute.graphs) checkBody(body, `graph.node[${index}].${shortName(attribute.name)}`);
  return initializers;
}

/** Bytes of a weight by its shape; null for strings. */
export function tensorByteSize(tensor: TensorProto): number | null {
  const bits = BITS_OF[tensor.elementType];
  if (bits === null || bits === undefined) return null;
  const count = tensor.dims.reduce((product, size) => product * size, 1);
  return Math.ceil((count * bits) / 8);
}

function checkTensor(tensor: TensorProto, place: string): void {
  if (BITS_OF[tensor.elementType] === undefined) throw new ModelRefusal("unsupported-type", `A weight has ${elementTypeName(tensor.elementType)}, which is not a known type.`, { place });
  if (tensor.dims.some((size) => size < 0)) throw new ModelRefusal("tensor-size", "A weight has a negative dimension.", { place });
  const bytes = tensorByteSize(tensor);
  if (bytes !== null && !Number.isSafeInteger(bytes)) throw new ModelRefusal("tensor-size", "A weight's shape is impossibly large.", { place });
  if (tensor.external !== null) {
    checkLocation(tensor.external.location, place);
    if (bytes !== null && tensor.external.length !== null && tensor.external.length !== bytes) throw new ModelRefusal("tensor-size", `A weight of ${bytes} bytes refers to ${tensor.external.length} bytes of external data.`, { place });
    return;
  }
  const held = tensor.data === null ? null : tensor.data.end - tensor.data.start;
  if (bytes !== null && held !== null && held !== bytes) throw new ModelRefusal("tensor-size", `A weight's shape needs ${bytes} bytes and it has ${held}.`, { place, fix: "The file may be damaged: upload it again." });
  if (bytes !== null && bytes > 0 && held === null && tensor.typedBytes === 0) throw new ModelRefusal("tensor-size", `A weight's shape needs ${bytes} bytes and it has none.`, { place });
}

/** Weights inside a branch or loop body are copied with their op: they must be in the file. */
function checkBody(body: GraphProto, place: string): void {
  const tensors = [...body.initializers, ...body.nodes.flatMap((node) => node.attributes.flatMap((attribute) => attribute.tensor ?? []))];
  for (const tensor of tensors) {
    checkTensor(tensor, place);
    if (tensor.external === null) continue;
    throw new ModelRefusal("unsupported-feature", `A weight inside a branch or loop body is in another file, "${shortName(tensor.external.location)}".`, { place, fix: "Keep the weights of bodies in the .onnx file, or move them to the outer graph." });
  }
  for (const [index, node] of body.nodes.entries()) for (const attribute of node.attributes) for (const inner of attribute.graphs) checkBody(inner, `${place}.node[${index}].${shortName(attribute.name)}`);
}

/** External data must lie beside the model: relative, inside its folder. */
function checkLocation(location: string, place: string): void {
  const parts = location.split(/[\\/]/);
  const absolute = location.startsWith("/") || location.startsWith("\\") || /^[a-zA-Z]:/.test(location);
  if (location === "" || absolute || parts.includes("..") || location.includes("\0") || location.length > 512) {
    throw new ModelRefusal("external-path", `A weight refers to the file "${shortName(location)}", which is not inside the model's own folder.`, { place, fix: "Save the model with relative external data paths." });
  }
}

function opOf(node: NodeProto, position: number): Op {
  const present = (names: string[]) => names.filter((name) => name !== "");
  const inputs = present(node.inputs);
  const captured = new Set<string>();
  for (const attribute of node.attributes) for (const body of attribute.graphs) for (const name of capturesOf(body)) captured.add(name);
  const captures = [...captured];
  return {
    index: position, name: node.name === "" ? `#${position}` : node.name, opType: node.opType, domain: node.domain,
    inputs, captures, reads: [...new Set([...inputs, ...captures])], outputs: present(node.outputs),
    attributes: new Map(node.attributes.map((attribute) => [attribute.name, attribute])), proto: node, isConstant: false,
  };
}

/** Names a sub-graph reads but does not define. */
function capturesOf(body: GraphProto): Set<string> {
  const defined = new Set<string>([...body.inputs.map((input) => input.name), ...body.initializers.map((tensor) => tensor.name)]);
  const read = new Set<string>();
  for (const node of body.nodes) {
    for (const output of node.outputs) defined.add(output);
    for (const input of node.inputs) if (input !== "") read.add(input);
    for (const attribute of node.attributes) for (const inner of attribute.graphs) for (const name of capturesOf(inner)) read.add(name);
  }
  for (const output of body.outputs) read.add(output.name);
  for (const name of defined) read.delete(name);
  return read;
}

function producersOf(ops: Op[], initializers: ReadonlyMap<string, TensorProto>, inputs: ValueInfoProto[]): Map<string, Op> {
  const producer = new Map<string, Op>();
  const given = new Set<string>();
  for (const [index, input] of inputs.entries()) {
    if (given.has(input.name)) throw new ModelRefusal("duplicate-name", `Two inputs have the name "${shortName(input.name)}".`, { place: `graph.input[${index}]` });
    given.add(input.name);
  }
  for (const op of ops) {
    for (const output of op.outputs) {
      if (producer.has(output) || initializers.has(output) || given.has(output)) {
        throw new ModelRefusal("duplicate-name", `The value "${shortName(output)}" is made twice.`, { place: placeOf(op), fix: "Every value may have one origin: an input, a weight or one op." });
      }
      producer.set(output, op);
    }
  }
  return producer;
}

function checkReads(ops: Op[], producer: ReadonlyMap<string, Op>, initializers: ReadonlyMap<string, TensorProto>, inputs: ValueInfoProto[]): void {
  const given = new Set(inputs.map((input) => input.name));
  for (const op of ops) {
    for (const value of op.reads) {
      if (!producer.has(value) && !initializers.has(value) && !given.has(value)) throw missing(value, placeOf(op), `The op ${op.opType}`);
    }
  }
}

function missing(value: string, place: string, who: string): ModelRefusal {
  return new ModelRefusal("missing-tensor", `${who} needs "${shortName(value)}", which is neither an input, a weight nor made by any op.`, { place, fix: "The file is incomplete: export it again." });
}

/** "graph.node[17] "Conv_3" (Conv)": where a person finds the op in the file. */
export function placeOf(op: Op): string {
  return `graph.node[${op.index}] "${shortName(op.name)}" (${shortName(op.opType)})`;
}

/** Kahn's algorithm, stable: the file's own order wherever it is one. Renumbers the ops. */
function topological(declared: Op[], producer: ReadonlyMap<string, Op>): Op[] {
  const waiting = new Map<Op, number>();
  const dependants = new Map<Op, Op[]>();
  let inOrder = true;
  for (const op of declared) {
    const needs = new Set(op.reads.map((value) => producer.get(value)).filter((made): made is Op => made !== undefined));
    waiting.set(op, needs.size);
    for (const made of needs) {
      if (made.index >= op.index) inOrder = false;
      const list = dependants.get(made);
      if (list === undefined) dependants.set(made, [op]);
      else list.push(op);
    }
  }
  if (inOrder) return declared;
  const ready = declared.filter((op) => waiting.get(op) === 0);
  const ordered: Op[] = [];
  // The list grows while it is walked; taking from its front would move the rest each time.
  for (const next of ready) {
    ordered.push(next);
    for (const dependant of dependants.get(next) ?? []) {
      const left = (waiting.get(dependant) as number) - 1;
      waiting.set(dependant, left);
      if (left === 0) ready.push(dependant);
    }
  }
  if (ordered.length < declared.length) {
    const stuck = new Set(ordered);
    const op = declared.find((one) => !stuck.has(one)) as Op;
    throw new ModelRefusal("cycle", "The model's ops form a cycle: each waits for another.", { place: placeOf(op), fix: "An ONNX graph has no cycles; loops are written as Loop or Scan." });
  }
  return ordered.map((op, index) => Object.assign(op, { index }));
}

function markConstants(ops: Op[], producer: ReadonlyMap<string, Op>, initializers: ReadonlyMap<string, TensorProto>, inputs: ValueInfoProto[]): void {
  const given = new Set(inputs.map((input) => input.name));
  const random = new Set(["RandomNormal", "RandomUniform", "Multinomial", "Bernoulli", "RandomNormalLike", "RandomUniformLike"]);
  for (const op of ops) {
    const fromConstants = op.reads.every((value) => !given.has(value) && (initializers.has(value) || producer.get(value)?.isConstant === true));
    op.isConstant = fromConstants && !random.has(op.opType);
  }
}
