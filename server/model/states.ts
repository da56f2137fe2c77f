// Owns finding recurrent state: model inputs that take what a model output gave a step before. By names and types, as exporters write them.
import type { StatePair } from "../../agents/protocol/control.ts";
import { DATA_TYPE_OF, type ValueInfoProto } from "./onnx-types.ts";

/** Name patterns of a state input and of the outputs that may feed it, most specific first. */
const PATTERNS: [RegExp, (match: RegExpMatchArray) => string[]][] = [
  [/^past_key_values\.(.+)$/, (m) => [`present.${m[1]}`, `present_key_values.${m[1]}`]],
  [/^past_(.+)$/, (m) => [`present_${m[1]}`, `present.${m[1]}`]],
  [/^past\.(.+)$/, (m) => [`present.${m[1]}`]],
  [/^cache_(.+)$/, (m) => [`new_cache_${m[1]}`, `cache_${m[1]}_out`, `next_cache_${m[1]}`]],
  [/^(.+)_in$/, (m) => [`${m[1]}_out`]],
  [/^in_(.+)$/, (m) => [`out_${m[1]}`]],
  [/^(h|c|hn|cn|h0|c0|state|states|hidden|hidden_state|cell|cell_state)$/, (m) => [`${m[1]}N`, `${m[1]}n`, `${m[1]}_n`, `${m[1]}_out`, `new_${m[1]}`, `next_${m[1]}`, `${m[1]}_new`, `${m[1]?.replace("0", "n")}`]],
  [/^(.*state.*)$/i, (m) => [`${m[1]}N`, `${m[1]}_out`, `new_${m[1]}`, `next_${m[1]}`]],
];

/** `sizeOf`: the first step's concrete shape of an input (dynamic dimensions resolved; a growing past starts at 0). */
export function findStates(inputs: ValueInfoProto[], outputs: ValueInfoProto[], sizeOf: (input: ValueInfoProto) => number[]): StatePair[] {
  const pairs: StatePair[] = [];
  const taken = new Set<string>();
  const byName = new Map(outputs.map((output) => [output.name, output]));
  for (const input of inputs) {
    const dataType = DATA_TYPE_OF[input.elementType];
    if (dataType === undefined || input.shape === null) continue;
    const output = candidatesOf(input.name).map((name) => byName.get(name)).find((found) => found !== undefined && !taken.has(found.name) && fits(input, found));
    if (output === undefined) continue;
    taken.add(output.name);
    pairs.push({ input: input.name, output: output.name, dataType, shape: sizeOf(input) });
  }
  return pairs;
}

function candidatesOf(name: string): string[] {
  return PATTERNS.flatMap(([pattern, names]) => {
    const match = name.match(pattern);
    return match === null ? [] : names(match).filter((candidate) => candidate !== name);
  });
}

/** Same type and rank; dimensions that are fixed on both sides are equal. */
function fits(input: ValueInfoProto, output: ValueInfoProto): boolean {
  if (output.elementType !== 0 && output.elementType !== input.elementType) return false;
  if (output.shape === null || input.shape === null) return true;
  if (output.shape.length !== input.shape.length) return false;
  return input.shape.every((size, axis) => typeof size === "string" || typeof output.shape?.[axis] === "string" || size === output.shape?.[axis]);
}

/** The dimension of a state that grows step by step: the past of a KV cache. */
export function isPastDimension(dimension: string): boolean {
  return /past|cache/i.test(dimension) && !/\+/.test(dimension);
}
