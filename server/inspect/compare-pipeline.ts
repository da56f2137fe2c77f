// Owns the numbers behind a parity badge: the whole model and its segments in a row on the same inputs, state carried from step to step.
import type { InferenceSession, Tensor } from "onnxruntime-node";
import type { StatePair } from "../../agents/protocol/control.ts";
import { tensorBytes, type TensorSpec, type WireTensor } from "../../agents/protocol/tensor.ts";
import { fromOrt, relativeError, toOrt } from "./ort-session.ts";

export type PipelineSegment = { session: InferenceSession; inputs: string[]; outputs: string[]; states: StatePair[] };
export type Comparison = { maxRelError: number; perOutput: { name: string; maxRelError: number }[]; firstOutputs: WireTensor[] };

/** `stepInputs(step)`: all model inputs but state. State starts as zeros on both sides and is carried separately. */
export async function comparePipeline(options: {
  whole: InferenceSession; segments: PipelineSegment[]; states: StatePair[]; outputs: Pick<TensorSpec, "name">[]; steps: number; stepInputs(step: number): WireTensor[];
}): Promise<Comparison> {
  const worst = new Map(options.outputs.map((output) => [output.name, 0]));
  const wholeState = zeros(options.states);
  const pieceState = zeros(options.states);
  let firstOutputs: WireTensor[] = [];
  for (let step = 0; step < options.steps; step++) {
    const feeds = Object.fromEntries(options.stepInputs(step).map((tensor) => [tensor.name, toOrt(tensor)]));
    const reference = await options.whole.run({ ...feeds, ...Object.fromEntries(wholeState) });
    const outputs = await runSegments(options.segments, feeds, pieceState);
    for (const { name } of options.outputs) {
      const a = outputs.get(name);
      const b = reference[name] as Tensor;
      const error = a === undefined ? Number.POSITIVE_INFINITY : relativeError(fromOrt(name, a), fromOrt(name, b));
      worst.set(name, Math.max(worst.get(name) ?? 0, error));
    }
    for (const state of options.states) {
      wholeState.set(state.input, reference[state.output] as Tensor);
      pieceState.set(state.input, outputs.get(state.output) as Tensor);
    }
    if (step === 0) firstOutputs = options.outputs.map(({ name }) => fromOrt(name, reference[name] as Tensor));
  }
  const perOutput = [...worst].map(([name, maxRelError]) => ({ name, maxRelError }));
  return { maxRelError: perOutput.reduce((most, one) => Math.max(most, one.maxRelError), 0), perOutput, firstOutputs };
}

async function runSegments(segments: PipelineSegment[], feeds: Record<string, Tensor>, state: ReadonlyMap<string, Tensor>): Promise<Map<string, Tensor>> {
  const values = new Map<string, Tensor>(Object.entries(feeds));
  for (const segment of segments) {
    const own = new Set(segment.states.map((pair) => pair.input));
    const inputs: Record<string, Tensor> = {};
    for (const name of segment.inputs) {
      const tensor = own.has(name) ? state.get(name) : values.get(name);
      if (tensor === undefined) throw new Error(`segment input "${name}" was made by nobody`);
      inputs[name] = tensor;
    }
    // ORT refuses to run for no outputs; a segment that only passes values on runs nothing.
    if (segment.outputs.length === 0) continue;
    for (const [name, tensor] of Object.entries(await segment.session.run(inputs))) values.set(name, tensor as Tensor);
  }
  return values;
}

function zeros(states: StatePair[]): Map<string, Tensor> {
  return new Map(states.map((state) => [state.input, toOrt({ name: state.input, dataType: state.dataType, shape: state.shape, data: new Uint8Array(tensorBytes(state.dataType, state.shape)) })]));
}
