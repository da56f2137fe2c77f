import { expect, test } from "vitest";
import { GRPC_TYPES, JSON_TYPES, placeParameters, readPlace } from "./place.ts";

const told = (region?: unknown, byteSize?: unknown, offset?: unknown) => ({ shared_memory_region: region, shared_memory_byte_size: byteSize, shared_memory_offset: offset });

test("a region with a size is a place; without an offset it begins at its first byte; nothing said is none", () => {
  expect(readPlace("x", told("r", 64), JSON_TYPES)).toEqual({ region: "r", offset: 0, byteSize: 64 });
  expect(readPlace("x", told("r", 0, 8), GRPC_TYPES)).toEqual({ region: "r", offset: 8, byteSize: 0 });
  expect(readPlace("x", { binary_data_size: 4 }, JSON_TYPES)).toBeNull();
});

test.each([
  [told(undefined, 64), "'shared_memory_byte_size' can not be specified without 'shared_memory_region' parameter for tensor 'x'"],
  [told(undefined, undefined, 0), "'shared_memory_offset' can not be specified without 'shared_memory_region' parameter for tensor 'x'"],
  [told("r"), "'shared_memory_byte_size' must be specified along with 'shared_memory_region' parameter for tensor 'x'"],
  [told(7, 64), "invalid value type for 'shared_memory_region' parameter for tensor 'x', expected string_param."],
  [told(null, 64), "invalid value type for 'shared_memory_region' parameter for tensor 'x', expected string_param."],
  [told("r", "64"), "invalid value type for 'shared_memory_byte_size' parameter for tensor 'x', expected int64_param."],
  [told("r", 64, null), "invalid value type for 'shared_memory_offset' parameter for tensor 'x', expected int64_param."],
  [told("r", -1), "'shared_memory_byte_size' is -1 for tensor 'x', not a number of bytes"],
  [told("r", 1, 0.5), "'shared_memory_offset' is 0.5 for tensor 'x', not a number of bytes"],
  [told("r", 2 ** 53), "'shared_memory_byte_size' is 9007199254740992 for tensor 'x', not a number of bytes"],
])("%j is refused in Triton's words", (parameters, wrong) => {
  expect(readPlace("x", parameters, GRPC_TYPES)).toEqual({ wrong });
});

test("an answer says the place as it was asked", () => {
  expect(placeParameters({ region: "r", offset: 0, byteSize: 64 })).toEqual({ shared_memory_region: "r", shared_memory_byte_size: 64 });
  expect(placeParameters({ region: "r", offset: 4, byteSize: 64 })).toEqual({ shared_memory_region: "r", shared_memory_byte_size: 64, shared_memory_offset: 4 });
});
