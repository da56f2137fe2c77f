// Owns which layers and cuts see something sensitive. A value made from a sensitive input is as sensitive as the input: deep activations give it away too.
import type { ModelFacts } from "../model/model.ts";

/** Where each model input reaches: by layer, and by position (0 = the inputs, n = the outputs). null = not known, taken for all of them. */
export type ValueFlow = { inputs: string[]; layers: (readonly string[] | null)[]; positions: (readonly string[] | null)[] };
export type Taint = { layers: readonly boolean[]; positions: readonly boolean[] };

export function valueFlow(facts: Pick<ModelFacts, "inputs" | "states" | "layers" | "cuts">): ValueFlow {
  const states = new Set(facts.states.map((state) => state.input));
  const inputs = facts.inputs.map((input) => input.name).filter((name) => !states.has(name));
  const cut = (tensors: ModelFacts["cuts"][number]["tensors"]) => (tensors.every((tensor) => tensor.derivedFrom !== undefined) ? [...new Set(tensors.flatMap((tensor) => tensor.derivedFrom ?? []))] : null);
  return { inputs, layers: facts.layers.map((layer) => layer.derivedFrom ?? null), positions: [inputs, ...facts.cuts.map((one) => cut(one.tensors)), null] };
}

/** `sensitive` absent = every input is. Without a known flow everything sees everything. */
export function taintOf(flow: ValueFlow | undefined, layerCount: number, sensitive: readonly string[] | undefined): Taint {
  if (flow === undefined || sensitive === undefined) return { layers: Array.from({ length: layerCount }, () => true), positions: Array.from({ length: layerCount + 1 }, () => true) };
  const any = sensitive.some((name) => flow.inputs.includes(name));
  const sees = (names: readonly string[] | null) => (names === null ? any : names.some((name) => sensitive.includes(name)));
  return { layers: flow.layers.map(sees), positions: flow.positions.map(sees) };
}
