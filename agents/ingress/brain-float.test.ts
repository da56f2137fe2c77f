import { expect, test } from "vitest";
import { widenBrainFloat } from "./brain-float.ts";

const widened = (...bits: number[]) => {
  const bytes = widenBrainFloat(new Uint8Array(new Uint16Array(bits).buffer));
  return [...new Float32Array(bytes.buffer)];
};

test("each of its 65,536 values becomes the single with the same upper half", () => {
  const all = Array.from({ length: 65_536 }, (_, bits) => bits);
  const bytes = widenBrainFloat(new Uint8Array(new Uint16Array(all).buffer));
  expect([...new Uint32Array(bytes.buffer)]).toEqual(all.map((bits) => bits * 65_536));
  expect(widened(0x3f80, 0xc020, 0x0001, 0x7f80, 0x8000, 0x7fc0)).toEqual([1, -2.5, 2 ** -133, Number.POSITIVE_INFINITY, -0, Number.NaN]);
  expect(widened()).toEqual([]);
});
