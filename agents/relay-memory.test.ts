import { expect, test } from "vitest";
import { MAX_RELAYS, RelayMemory, REMEMBER_MS } from "./relay-memory.ts";

test("whoever reached it lately is asked first, the unknown ones by nearness, and nobody who did not reach it, until that is long ago", () => {
  const memory = new RelayMemory();
  memory.saw("c", "x", true, 0);
  memory.saw("a", "x", false, 1_000);
  expect(memory.order("x", ["a", "b", "c", "d"], 2_000)).toEqual(["c", "b", "d"]);
  // Of another node nothing is known.
  expect(memory.order("y", ["a", "b", "c", "d"], 2_000)).toEqual(["a", "b", "c", "d"]);
  expect(memory.order("x", ["a", "b", "c", "d"], REMEMBER_MS + 1)).toEqual(["b", "c", "d"]);
  expect(memory.order("x", ["a", "b", "c", "d"], REMEMBER_MS + 1_001)).toEqual(["a", "b", "c", "d"]);
  memory.saw("c", "x", false, 3_000);
  expect(memory.order("x", ["b", "c"], 3_000)).toEqual(["b"]);
});

test("no more relays than the limit; the next ones come when those did not reach it", () => {
  const memory = new RelayMemory();
  const relays = Array.from({ length: 2 * MAX_RELAYS + 1 }, (_, index) => `relay_${index}`);
  for (const from of [0, MAX_RELAYS]) {
    const asked = memory.order("x", relays, 0);
    expect(asked).toEqual(relays.slice(from, from + MAX_RELAYS));
    for (const via of asked) memory.saw(via, "x", false, 0);
  }
  expect(memory.order("x", relays, 0)).toEqual(relays.slice(-1));
});

test("what it remembers is bounded", () => {
  const memory = new RelayMemory();
  for (let index = 0; index < 3_000; index++) memory.saw("a", `node_${index}`, true, 0);
  expect(memory.reached("a", "node_2999", 0)).toBe(true);
  expect(memory.reached("a", "node_0", 0)).toBeNull();
});
