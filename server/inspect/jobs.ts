// Owns the contract between the server and the inspecting child process: jobs out, results back, as JSON over IPC.
import type { ProcessorSpec, SessionOptions, StatePair } from "../../agents/protocol/control.ts";
import type { TensorSpec } from "../../agents/protocol/tensor.ts";
import type { ReportedValue } from "../model/shapes.ts";

export type InspectJob =
  /** Types and shapes of a model's outputs; loads, never runs. */
  | { kind: "metadata"; modelPath: string }
  /** Sizes of a model's outputs in one run; inputs are a parity file without outputs. */
  | { kind: "run-shapes"; modelPath: string; inputsPath: string }
  /** Loads a processor's declaration with its files, as an ingress would. */
  | { kind: "processor"; spec: ProcessorSpec; files: { name: string; path: string }[]; model: { inputs: TensorSpec[]; outputs: TensorSpec[]; states: StatePair[] } }
  /** The whole model against its segments in a row. */
  | ParityJob;

export type ParityJob = {
  kind: "parity";
  wholePath: string;
  segments: { path: string; inputs: string[]; outputs: string[]; states: StatePair[] }[];
  inputsPath: string;
  outputs: TensorSpec[];
  states: StatePair[];
  /** Runs in a row, state carried over; 1 for a model without state. */
  steps: number;
  session: SessionOptions;
  /** The first step's inputs and reference outputs are written here. */
  parityPath: string;
  tolerance: number;
};

export type ParityResult = { maxRelError: number; perOutput: { name: string; maxRelError: number }[] };
export type InspectResult =
  | { ok: true; kind: "metadata"; values: ReportedValue[] }
  | { ok: true; kind: "run-shapes"; seen: { name: string; type: string; sizes: number[] }[] }
  /** `problem`: what has to change in the declaration, in words; null = it loads. */
  | { ok: true; kind: "processor"; problem: string | null }
  | ({ ok: true; kind: "parity" } & ParityResult)
  | { ok: false; message: string };
