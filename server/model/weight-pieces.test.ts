import { expect, test } from "vitest";
import { MAX_PIECE_BYTES, piecesOf } from "./weight-pieces.ts";

const at = (offset: number, length: number) => ({ file: null, offset, length });
const all = [at(100, 2000), at(2150, 5000), at(7200, 3000), at(60_000, 4000), at(64_010, 12)];
const TOTAL = 70_000;

test("a weight lies in the same piece whatever else a segment has", () => {
  const whole = piecesOf(all, all, TOTAL);
  expect(whole).toEqual([{ offset: 100, bytes: 2050 }, { offset: 2150, bytes: 5050 }, { offset: 7200, bytes: 3000 }, { offset: 60_000, bytes: 4022 }]);
  for (const place of all) for (const piece of piecesOf([place], all, TOTAL)) expect(whole).toContainEqual(piece);
  expect(piecesOf([all[1]!, all[0]!], all, TOTAL)).toEqual(whole.slice(0, 2));
});

test("neighbours touch, so that they are one request; what is far apart does not", () => {
  const [first, second, third, fourth] = piecesOf(all, all, TOTAL);
  expect(first!.offset + first!.bytes).toBe(second!.offset);
  expect(second!.offset + second!.bytes).toBe(third!.offset);
  expect(third!.offset + third!.bytes).toBeLessThan(fourth!.offset);
});

test("overlapping weights are one piece, large ones several, and what ends past the file is refused", () => {
  expect(piecesOf([at(10, 5000)], [at(10, 5000), at(2000, 6000)], 50_000)).toEqual([{ offset: 10, bytes: 7990 }]);
  const large = at(0, MAX_PIECE_BYTES * 2 + 5);
  expect(piecesOf([large], [large], large.length + 10_000).map((piece) => piece.bytes)).toEqual([MAX_PIECE_BYTES, MAX_PIECE_BYTES, 5]);
  expect(() => piecesOf([at(10, 5000)], [], 5000)).toThrow("10 bytes past the end");
});
