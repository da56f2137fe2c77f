// Owns the contract of a processor: declared pre- and post-processing of a model, run at the ingress.
import type { ProcessorSpec, StatePair } from "../protocol/control.ts";
import type { TensorSpec, WireTensor } from "../protocol/tensor.ts";

export type ProcessorInput = { contentType: string; body: Uint8Array };
/** `steps.length > 1` = one stream: the steps run in order and the stages keep the state between them. */
export type Encoded = { steps: WireTensor[][]; context: unknown };
/** `labels` by index. */
export type OutputLabels = { output: string; labels: string[] };
export type Processor = {
  /** Media types taken, e.g. ["image/png", "image/jpeg"]. */
  accepts: string[];
  /** Of the output whose indices have names. Absent = none has. */
  labels?: OutputLabels;
  /** Of the input that a picture becomes. Absent = none does. */
  pictures?: { input: string; layout: "NCHW" | "NHWC" };
  encode(input: ProcessorInput): Promise<Encoded>;
  /** One list of model outputs per step → the JSON answer. */
  decode(outputs: WireTensor[][], context: unknown): Promise<unknown>;
};
export type ProcessorModel = { inputs: TensorSpec[]; outputs: TensorSpec[]; states: StatePair[] };
export type LoadProcessor = (spec: ProcessorSpec, files: Map<string, Uint8Array>, model: ProcessorModel) => Promise<Processor>;
