// Owns the contract between the server and the inspecting child process: jobs out, results back, as JSON over IPC.
import type { ProcessorSpec, SessionOptions, StatePair } from "../../agents/protocol/control.ts";
import type { TensorSpec } from "../../agents/protocol/tensor.ts";
import type { SampleTensor } from "../model/model-sample.ts";
import type { ReportedValue } from "../model/shapes.ts";

export type InspectJob =
  /** Types and shapes of a model's outputs; loads, never runs. */
  | { kind: "metadata"; modelPath: string }
  /** Sizes of a model's outputs in one run; inputs are a parity file without outputs. */
  | { kind: "run-shapes"; modelPath: string; inputsPath: string }
  /** Loads a processor's declaration with its files, as an ingress would. */
  | { kind: "processor"; spec: ProcessorSpec; files: { name: string; path: string }[]; model: { inputs: TensorSpec[]; outputs: TensorSpec[]; states: StatePair[] } }
  /** The whole model against its segments in a row. */
  | ParityJob
  /** A sample's file as the tensors it makes. */
  | SampleJob;

export type ParityJob = {
  kind: "parity";
  wholePath: string;
  segments: { path: string; inputs: string[]; outputs: string[]; states: StatePair[] }[];
  /** A parity file without outputs for each step; the last one again where there are more steps. */
  stepPaths: string[];
  outputs: TensorSpec[];
  states: StatePair[];
  /** Runs in a row, state carried over; 1 for a model without state. */
  steps: number;
  session: SessionOptions;
  /** The first step's inputs and reference outputs are written here. */
  parityPath: string;
  tolerance: number;
};

export type SampleJob = {
  kind: "sample";
  path: string;
  /** null: the file is an Open Inference Protocol request as JSON. */
  processor: { spec: ProcessorSpec; contentType: string; files: { name: string; path: string }[] } | null;
  model: { inputs: TensorSpec[]; outputs: TensorSpec[]; states: StatePair[] };
  maxSteps: number;
  /** Of all steps' tensors together. */
  maxTensorBytes: number;
  /** step-0.bin, step-1.bin … are written here: parity files without outputs. */
  folder: string;
};
/** `refusal`: what does not fit and why, in words for who chose the sample. */
export type SampleResult = { refusal: string } | { refusal: null; stepPaths: string[]; tensors: SampleTensor[] };

export type ParityResult = { maxRelError: number; perOutput: { name: string; maxRelError: number }[] };
export type InspectResult =
  | { ok: true; kind: "metadata"; values: ReportedValue[] }
  | { ok: true; kind: "run-shapes"; seen: { name: string; type: string; sizes: number[] }[] }
  /** `problem`: what has to change in the declaration, in words; null = it loads. */
  | { ok: true; kind: "processor"; problem: string | null }
  | ({ ok: true; kind: "parity" } & ParityResult)
  | { ok: true; kind: "sample"; result: SampleResult }
  | { ok: false; message: string };
