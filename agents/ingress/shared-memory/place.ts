// Owns where in a registered region a tensor's bytes are: Triton's parameters shared_memory_region, shared_memory_offset and shared_memory_byte_size of an
// input or a wanted output, and the words in which Triton refuses wrong ones.
// https://github.com/triton-inference-server/server/blob/main/docs/protocol/extension_shared_memory.md

/** `offset`: in bytes from where the region begins. */
export type Place = { region: string; offset: number; byteSize: number };
export type WrongPlace = { wrong: string };

/** An input whose bytes are in shared memory. `bytes`: how many it must have; null = its own lengths say. `make`: its tensor, of the bytes that were read. */
export type SharedInput<T> = { place: Place; bytes: number | null; make(bytes: Uint8Array): T };

export const PLACE_PARAMETERS = ["shared_memory_region", "shared_memory_offset", "shared_memory_byte_size"] as const;
/** As each protocol calls them. */
type Types = { string: string; number: string };
export const JSON_TYPES: Types = { string: "a string", number: "a number" };
export const GRPC_TYPES: Types = { string: "string_param", number: "int64_param" };

/** Null = none of the parameters is there. */
export function readPlace(tensor: string, told: { [key: string]: unknown }, types: Types): Place | WrongPlace | null {
  const { shared_memory_region: region, shared_memory_offset: offset = 0, shared_memory_byte_size: byteSize } = told;
  if (region === undefined) {
    const alone = PLACE_PARAMETERS.find((key) => told[key] !== undefined);
    return alone === undefined ? null : { wrong: `'${alone}' can not be specified without 'shared_memory_region' parameter for tensor '${tensor}'` };
  }
  const invalid = (key: string, type: string): WrongPlace => ({ wrong: `invalid value type for '${key}' parameter for tensor '${tensor}', expected ${type}.` });
  if (typeof region !== "string") return invalid("shared_memory_region", types.string);
  if (byteSize === undefined) return { wrong: `'shared_memory_byte_size' must be specified along with 'shared_memory_region' parameter for tensor '${tensor}'` };
  if (typeof offset !== "number") return invalid("shared_memory_offset", types.number);
  if (typeof byteSize !== "number") return invalid("shared_memory_byte_size", types.number);
  for (const [key, value] of [["shared_memory_offset", offset], ["shared_memory_byte_size", byteSize]] as const) {
    if (!Number.isSafeInteger(value) || value < 0) return { wrong: `'${key}' is ${value} for tensor '${tensor}', not a number of bytes` };
  }
  return { region, offset, byteSize };
}

/** As the answer's output carries it. */
export const placeParameters = ({ region, offset, byteSize }: Place): Record<string, string | number> => ({
  shared_memory_region: region, shared_memory_byte_size: byteSize, ...(offset === 0 ? {} : { shared_memory_offset: offset }),
});
