import { expect, test } from "vitest";
import { bytesIn, type ByteSpan, bytesOutside, joinFiles, joinSpans, spansOutside } from "./byte-spans.ts";

test("spans that touch or overlap are one", () => {
  expect(joinSpans([[10, 20], [0, 5], [5, 8], [15, 30]])).toEqual([[0, 8], [10, 30]]);
});

test("what is wanted and not held is counted like byte by byte", () => {
  let state = 7;
  const next = (below: number) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
  const draw = () => joinSpans(Array.from({ length: next(6) }, (): ByteSpan => { const start = next(90); return [start, start + 1 + next(20)]; }));
  for (let round = 0; round < 300; round++) {
    const [wanted, held] = [draw(), draw()];
    const isIn = (spans: readonly ByteSpan[], byte: number) => spans.some(([start, end]) => start <= byte && byte < end);
    const counted = Array.from({ length: 120 }, (_, byte) => byte).filter((byte) => isIn(wanted, byte) && !isIn(held, byte)).length;
    expect(bytesOutside(new Map([["a", wanted]]), new Map([["a", held]])), JSON.stringify({ wanted, held })).toBe(counted);
    const left = spansOutside(new Map([["a", wanted]]), new Map([["a", held]]));
    expect(bytesIn(left)).toBe(counted);
    expect((left.get("a") ?? []).flatMap(([start, end]) => Array.from({ length: end - start }, (_, at) => start + at)).every((byte) => isIn(wanted, byte) && !isIn(held, byte))).toBe(true);
  }
});

test("files are apart", () => {
  const held = joinFiles(new Map([["a", [[0, 10]]]]), new Map([["b", [[0, 4]]]]), new Map([["a", [[8, 12]]]]));
  expect(bytesOutside(new Map([["a", [[0, 20]]], ["b", [[0, 20]]], ["c", [[0, 1]]]]), held)).toBe(8 + 16 + 1);
});
