import { expect, test } from "vitest";
import { dataOfRuns } from "./load-data.ts";

test("data of runs before: each once, as the newest run called it", () => {
  const run = (name?: string, digest = "d1") => ({ request: name === undefined ? {} : { dataset: { name, digest } } });
  expect(dataOfRuns([run("b.jsonl"), run(), run("c.jsonl", "d2"), run("a.jsonl")])).toEqual([{ name: "b.jsonl", digest: "d1" }, { name: "c.jsonl", digest: "d2" }]);
});
