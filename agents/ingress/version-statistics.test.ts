import { expect, test } from "vitest";
import { VersionStatistics } from "./version-statistics.ts";

test("what is here keeps its figures, of what is gone the last few do: a thousand moves leave no more than one", () => {
  const statistics = new VersionStatistics();
  const first = statistics.of("1");
  for (let version = 2; version <= 1000; version++) {
    statistics.of(String(version));
    statistics.keep(["1", String(version)]);
  }
  expect(statistics.size).toBe(6);
  expect(statistics.of("1")).toBe(first);
  expect(statistics.of("999")).toBe(statistics.of("999"));
});
