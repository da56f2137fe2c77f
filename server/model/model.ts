// Owns the vocabulary of an imported model: what the rest of the product knows of an ONNX file. Data only; JSON-serialisable; the browser reads it too.
import type { StatePair } from "../../agents/protocol/control.ts";
import type { DataType, Dimension, TensorSpec } from "../../agents/protocol/tensor.ts";

/** Everything the planner, the canvas and the API need of a model. Made once at import, immutable. */
export type ModelFacts = {
  /** sha-256 hex of the .onnx file. */
  digest: string;
  fileBytes: number;
  /** External data files beside it. */
  externalFiles: { fileName: string; digest: string; bytes: number }[];
  opset: { domain: string; version: number }[];
  irVersion: number;
  producer: string;
  inputs: TensorSpec[];
  outputs: TensorSpec[];
  /** Bytes of all outputs but state at `dimensionValues`; absent where a size is unknown. */
  outputBytes?: number;
  /** Recurrent state found at import: input ↔ output pairs whose place is with their layer. */
  states: StatePair[];
  opCount: number;
  parameterCount: number;
  weightBytes: number;
  /** Values of symbolic dimensions that FLOPs and bytes below were computed with, e.g. {"batch": 1, "width": 320}. */
  dimensionValues: Record<string, number>;
  layers: Layer[];
  /** cuts[j] lies between layers[j] and layers[j + 1]: length = layers.length − 1. */
  cuts: Cut[];
  /** Why there is no legal cut, when there is none. */
  noCutReason: string | null;
  warnings: string[];
};

/** Smallest unit the planner moves. Layers are in a topological order; a segment is a contiguous range of them. */
export type Layer = {
  index: number;
  /** Unique, from the model's own scopes: "backbone/block2/conv1". */
  name: string;
  /** Scope path for the foldable tree: ["backbone", "block2"]. */
  scope: string[];
  /** The heaviest op's type, for an icon: "Conv", "MatMul". */
  kind: string;
  opCount: number;
  opTypes: Record<string, number>;
  /** Names of its ops in the file (or "#<position>" where unnamed), to join with measured per-op times. */
  opNames: string[];
  parameterCount: number;
  weightBytes: number;
  /** Of them, tables that rows are looked up in; absent = none, or imported before this was known. */
  tableBytes?: number;
  flops: number;
  /** Largest sum of live intermediate bytes inside the layer: its workspace. */
  workspaceBytes: number;
  outputs: TensorSpec[];
  /** Model inputs that what it reads is made from, state aside; absent in models imported before this was known: take it for all. */
  derivedFrom?: string[];
  /** What a node must have for it; absent in models imported before this was known: take the weights. */
  files?: LayerFiles;
};

/** `file`: 0 = the model's, 1 and on = its external ones in their order. Whole pieces, joined where they touch: first byte, and the one after the last. */
export type LayerFiles = { spans: [file: number, start: number, end: number][]; /** Of a segment's own file: its ops and small weights; what a segment has beside its layers' is a few hundred bytes. */ graphBytes: number };

export type Cut = {
  /** After layers[index]. */
  index: number;
  legal: boolean;
  /** Why not, when not legal. */
  reason: string | null;
  /** Distinct values that cross, model outputs already produced and model inputs still needed included; state that stays with its layer excluded. */
  tensors: CutTensor[];
  /** Sum over tensors at `dimensionValues`. */
  bytes: number;
};
export type CutTensor = {
  name: string; dataType: DataType; shape: Dimension[] | null; bytes: number;
  /** Concrete sizes at `dimensionValues`, where known: what a warm-up run is given. */
  sizes?: number[] | null;
  /** Model inputs it is made from; absent = not known, take it for all. */
  derivedFrom?: string[];
};

/** A half-open range of layers [from, to). */
export type LayerRange = { from: number; to: number };
