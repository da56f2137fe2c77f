// Owns which of the model's inputs a value or a layer is made from: what travels with a sensitive input, op by op. State carries it from run to run.
import type { Cut, Layer } from "./model.ts";
import type { Schedule } from "./schedule.ts";

/** Adds `derivedFrom` to layers and to the values of cuts. `boundaries`: positions after which a layer ends. */
export function addDerivations(schedule: Schedule, layers: readonly Layer[], cuts: readonly Cut[], boundaries: readonly number[]): void {
  const states = new Set(schedule.states.map((state) => state.input));
  const roots = schedule.graph.inputs.map((input) => input.name).filter((name) => !states.has(name) && !schedule.graph.initializers.has(name));
  const masks = derive(schedule, roots);
  const namesOf = (mask: bigint) => roots.filter((_, index) => (mask >> BigInt(index)) & 1n);
  let position = 0;
  for (const [index, layer] of layers.entries()) {
    const end = (boundaries[index] ?? schedule.ops.length - 1) + 1;
    let mask = 0n;
    for (; position < end; position++) for (const value of schedule.ops[position]?.reads ?? []) mask |= masks.get(value) ?? 0n;
    layer.derivedFrom = namesOf(mask);
  }
  for (const cut of cuts) for (const tensor of cut.tensors) tensor.derivedFrom = namesOf(masks.get(tensor.name) ?? 0n);
}

/** One bit for each input. What a state's output is made from reaches its input in the next run, so passes repeat until none adds anything. */
function derive(schedule: Schedule, roots: readonly string[]): Map<string, bigint> {
  const masks = new Map<string, bigint>(roots.map((name, index) => [name, 1n << BigInt(index)]));
  for (let grew = true; grew; ) {
    grew = false;
    for (const op of schedule.ops) {
      const mask = op.reads.reduce((all, value) => all | (masks.get(value) ?? 0n), 0n);
      for (const output of op.outputs) masks.set(output, mask);
    }
    for (const { input, output } of schedule.states) {
      const mask = (masks.get(input) ?? 0n) | (masks.get(output) ?? 0n);
      if (mask !== (masks.get(input) ?? 0n)) grew = true;
      masks.set(input, mask);
    }
  }
  return masks;
}
