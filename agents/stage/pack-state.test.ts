import { expect, test } from "vitest";
import type { StatePair } from "../protocol/control.ts";
import { packState, unpackState } from "./pack-state.ts";

const state = (name: string, ...values: number[]) => ({ name, dataType: "float32" as const, shape: [1, values.length], data: new Uint8Array(new Float32Array(values).buffer) });
const pair = (input: string, size: number): StatePair => ({ input, output: `${input}Next`, dataType: "float32", shape: [1, size] });

test("each stage of another split finds its own, and the rest travels on", () => {
  const one = packState([state("a", 1, 2)], [], 1000);
  const both = packState([state("b", 3)], one, 1000);
  const first = unpackState(both, [pair("b", 1)]);
  expect(first.own).toEqual([state("b", 3)]);
  const second = unpackState(first.rest, [pair("a", 2)]);
  expect(second.own).toEqual([state("a", 1, 2)]);
  expect(second.rest).toEqual([]);
  expect(unpackState(second.rest, [pair("a", 2)])).toEqual({ own: [], rest: [] });
});

test("a changed byte, another shape or type, and half a state are refused; so is more than a message takes", () => {
  const packed = packState([state("a", 1, 2)], [], 1000);
  const refused = expect.objectContaining({ code: "bad_tensors" });
  const changed = packed.map((tensor) => ({ ...tensor, data: tensor.data.slice() }));
  changed[0]!.data[3]! ^= 1;
  expect(() => unpackState(changed, [pair("a", 2)])).toThrow(refused);
  expect(() => unpackState([{ ...packed[0]!, shape: [2, 1] }, packed[1]!], [pair("a", 2)])).toThrow(refused);
  expect(() => unpackState([packed[0]!], [pair("a", 2)])).toThrow(refused);
  expect(() => unpackState(packed, [{ ...pair("a", 2), dataType: "int32" }])).toThrow(refused);
  expect(() => unpackState(packed, [pair("a", 2), pair("b", 1)])).toThrow(refused);
  expect(() => packState([state("a", 1, 2)], [], 39)).toThrow(expect.objectContaining({ code: "too_large" }));
});
