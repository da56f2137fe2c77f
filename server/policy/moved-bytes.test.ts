import { expect, test } from "vitest";
import { mostMoved } from "./moved-bytes.ts";

const one = (fromNodeId: string | null, toNodeId: string, bytes: number) => ({ fromNodeId, toNodeId, bytes });

test("what an agent told before it started anew is not forgotten", () => {
  expect(mostMoved([one(null, "a", 100), one("b", "a", 50)], [one("b", "a", 60)])).toEqual([one(null, "a", 100), one("b", "a", 60)]);
  expect(mostMoved([one(null, "a", 100)], [])).toEqual([one(null, "a", 100)]);
});

test("an agent that does not tell leaves what was known; nothing known stays nothing known", () => {
  expect(mostMoved(null, [])).toEqual([]);
  expect(mostMoved([one(null, "a", 1)], null)).toEqual([one(null, "a", 1)]);
  expect(mostMoved(null, null)).toBeNull();
});
