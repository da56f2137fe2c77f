// Owns making a segment: the ops of a layer range with the constants and masks they need, its inputs and outputs, and the ranges of the
// original weights. Hashes and files are the caller's.
import type { ArtifactRange, SegmentFile, SegmentSpec, StatePair } from "../../agents/protocol/control.ts";
import type { TensorSpec } from "../../agents/protocol/tensor.ts";
import type { ByteSource } from "./byte-source.ts";
import type { Graph, Op } from "./graph.ts";
import type { LayerRange, ModelFacts } from "./model.ts";
import { ModelRefusal, shortName } from "./model-refusal.ts";
import { ELEMENT_TYPE_OF } from "./onnx-types.ts";
import { orderOps } from "./schedule.ts";
import { type WeightPlace, writeSkeleton } from "./skeleton.ts";
import { piecesOf, placesByFile } from "./weight-pieces.ts";

export type SegmentDraft = {
  spec: Omit<SegmentSpec, "segmentId" | "skeletonDigest">;
  skeleton: Uint8Array;
  /** Names of the ops inside, for the structure's check. */
  opNames: string[];
};
export type ExtractRequest = {
  source: ByteSource;
  graph: Graph;
  facts: ModelFacts;
  range: LayerRange;
  /** sha-256 hex of bytes [offset, offset + length) of a file; `file` null = the model file. */
  hashRange(file: string | null, offset: number, length: number): string;
};

/** Errors: illegal-cut where an end of the range is no legal cut. */
export function extractSegment(request: ExtractRequest): SegmentDraft {
  const { graph, facts, range } = request;
  const arriving = cutTensors(facts, range.from);
  const leaving = range.to === facts.layers.length ? null : cutTensors(facts, range.to);
  const states = statesInside(graph, facts, range);
  const targets = targetsOf(graph, facts, arriving, leaving, states);
  const { ops, inputs } = closure(graph, facts, targets, arriving, states);
  const inputSpecs = inputs.map((name) => inputSpec(name, arriving, facts));
  const skeleton = writeSkeleton({
    source: request.source, graph, ops, outputs: targets, fileNameOf: (file) => segmentFileName(facts, file),
    inputs: inputSpecs.map((spec) => ({ name: spec.name, elementType: ELEMENT_TYPE_OF[spec.dataType], shape: spec.shape })),
  });
  const weightBytes = skeleton.places.reduce((sum, place) => sum + place.length, 0) + skeleton.embeddedWeightBytes;
  return {
    skeleton: skeleton.bytes,
    opNames: ops.map((op) => op.name),
    spec: {
      skeletonBytes: skeleton.bytes.length, files: filesOf(request, skeleton.places), inputs: inputSpecs, outputs: targets.map((name) => outputSpec(name, leaving, facts)),
      memoryBytes: weightBytes + workspaceBytes(facts, range), states,
    },
  };
}

/** The original's name in a segment's folder. External files keep an order, so that all segments of a model share one copy each. */
export function segmentFileName(facts: Pick<ModelFacts, "externalFiles">, file: string | null): string {
  if (file === null) return "weights.bin";
  return `weights-${1 + facts.externalFiles.findIndex((one) => one.fileName === file)}.bin`;
}

function cutTensors(facts: ModelFacts, boundary: number): Map<string, TensorSpec> {
  if (boundary === 0) return new Map(facts.inputs.filter((input) => !facts.states.some((state) => state.input === input.name)).map((input) => [input.name, input]));
  const cut = facts.cuts[boundary - 1];
  if (cut === undefined) throw new ModelRefusal("illegal-cut", `There is no cut before layer ${boundary}.`, { place: `cut ${boundary - 1}` });
  if (!cut.legal) throw new ModelRefusal("illegal-cut", cut.reason ?? "The model does not allow this cut.", { place: `cut ${cut.index}, after layer "${facts.layers[cut.index]?.name ?? cut.index}"` });
  return new Map(cut.tensors.map(({ name, dataType, shape }) => [name, { name, dataType, shape }]));
}

/** State pairs whose writer (else reader) is in the range. */
function statesInside(graph: Graph, facts: ModelFacts, range: LayerRange): StatePair[] {
  if (facts.states.length === 0) return [];
  const order = orderOps(graph, facts.states);
  const opsBefore = (layer: number) => facts.layers.slice(0, layer).reduce((sum, one) => sum + one.opCount, 0);
  const inside = new Set(order.slice(opsBefore(range.from), opsBefore(range.to)));
  return facts.states.filter((state) => {
    const home = graph.producer.get(state.output) ?? graph.consumers.get(state.input)?.[0];
    return home !== undefined && inside.has(home);
  });
}

/** What the segment must make: values that leave and did not arrive, its state outputs, and at the end the model's own outputs. */
function targetsOf(graph: Graph, facts: ModelFacts, arriving: ReadonlyMap<string, TensorSpec>, leaving: ReadonlyMap<string, TensorSpec> | null, states: StatePair[]): string[] {
  const stateOutputs = new Set(facts.states.map((state) => state.output));
  const wanted = leaving === null ? facts.outputs.map((output) => output.name).filter((name) => !stateOutputs.has(name)) : [...leaving.keys()];
  const given = new Set(graph.inputs.map((input) => input.name));
  const targets = new Set(wanted.filter((name) => !arriving.has(name) && !given.has(name)));
  for (const state of states) targets.add(state.output);
  return [...targets];
}

/** Ops needed for the targets, back to what arrives; constants and masks on the way are repeated. */
function closure(graph: Graph, facts: ModelFacts, targets: string[], arriving: ReadonlyMap<string, TensorSpec>, states: StatePair[]): { ops: Op[]; inputs: string[] } {
  const ownStates = new Set(states.map((state) => state.input));
  const modelInputs = new Set(graph.inputs.map((input) => input.name));
  const ops = new Set<Op>();
  const inputs = new Set<string>();
  const open = [...targets];
  for (let name = open.pop(); name !== undefined; name = open.pop()) {
    if (arriving.has(name) || ownStates.has(name)) {
      inputs.add(name);
      continue;
    }
    if (modelInputs.has(name)) throw new ModelRefusal("illegal-cut", `The input "${shortName(name)}" is needed by a segment it does not reach.`, { place: `"${shortName(name)}"` });
    const made = graph.producer.get(name);
    if (made === undefined || ops.has(made)) continue;
    ops.add(made);
    open.push(...made.reads);
  }
  const order = [...facts.inputs.map((input) => input.name), ...arriving.keys()];
  return { ops: [...ops].sort((a, b) => a.index - b.index), inputs: [...new Set(order)].filter((name) => inputs.has(name)) };
}

function inputSpec(name: string, arriving: ReadonlyMap<string, TensorSpec>, facts: ModelFacts): TensorSpec {
  const spec = facts.inputs.find((input) => input.name === name) ?? arriving.get(name);
  if (spec === undefined) throw new ModelRefusal("illegal-cut", `The type of "${shortName(name)}" is unknown.`, { place: `"${shortName(name)}"` });
  return { name, dataType: spec.dataType, shape: spec.shape };
}

function outputSpec(name: string, leaving: ReadonlyMap<string, TensorSpec> | null, facts: ModelFacts): TensorSpec {
  const spec = facts.outputs.find((output) => output.name === name) ?? leaving?.get(name);
  if (spec === undefined) throw new ModelRefusal("illegal-cut", `The type of "${shortName(name)}" is unknown.`, { place: `"${shortName(name)}"` });
  return { name, dataType: spec.dataType, shape: spec.shape };
}

function workspaceBytes(facts: ModelFacts, range: LayerRange): number {
  return facts.layers.slice(range.from, range.to).reduce((most, layer) => Math.max(most, layer.workspaceBytes), 0);
}

function filesOf(request: ExtractRequest, places: WeightPlace[]): SegmentFile[] {
  const byFile = new Map<string | null, WeightPlace[]>();
  for (const place of places) byFile.set(place.file, [...(byFile.get(place.file) ?? []), place]);
  const all = placesByFile(request.graph);
  return [...byFile].map(([file, ofFile]) => {
    const external = request.facts.externalFiles.find((one) => one.fileName === file);
    if (file !== null && external === undefined) throw new ModelRefusal("external-missing", `The external data file "${shortName(file)}" is missing.`, { place: shortName(file), fix: "Upload it together with the model." });
    const totalBytes = external?.bytes ?? request.facts.fileBytes;
    const ranges = piecesOf(ofFile, all.get(file) ?? [], totalBytes).map((range): ArtifactRange => ({ ...range, sha256: request.hashRange(file, range.offset, range.bytes) }));
    return { fileName: segmentFileName(request.facts, file), digest: external?.digest ?? request.facts.digest, totalBytes, ranges };
  });
}
