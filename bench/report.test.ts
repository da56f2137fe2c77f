import { expect, test } from "vitest";
import { reportBench } from "./report.ts";

test("prints a table and one JSON object a line, and judges targets", () => {
  let text = "";
  const ok = reportBench("demo", [
    { figure: "speed", value: 10, unit: "ms", against: "other", ratio: 5.00001, target: { op: ">=", than: 5 } },
    { figure: "lost", value: 1, unit: "requests", target: { op: "==", than: 0 } },
    { figure: "plain", value: 1.23456, unit: "ms" },
  ], (part) => { text += part; });
  expect(ok).toBe(false);
  const lines = text.split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line));
  expect(lines).toEqual([
    { bench: "demo", figure: "speed", value: 10, unit: "ms", against: "other", ratio: 5, target: ">= 5", holds: true },
    { bench: "demo", figure: "lost", value: 1, unit: "requests", target: "== 0", holds: false },
    { bench: "demo", figure: "plain", value: 1.235, unit: "ms" },
  ]);
});
