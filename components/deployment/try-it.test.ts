import { expect, test } from "vitest";
import { headlineOf } from "./try-it.ts";

test.each([
  [{ text: "Deutsche Post" }, "Deutsche Post"], [{ labels: [{ label: "cat", score: 0.9 }] }, "cat"], [{ result: { text: "A" } }, "A"], [{ outputs: [1, 2] }, null], ["plain", "plain"], [null, null],
])("the headline of %j is %j", (answer, headline) => expect(headlineOf(answer)).toBe(headline));
