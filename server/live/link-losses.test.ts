import { expect, test } from "vitest";
import { createLosses, learnLosses } from "./link-losses.ts";

const key = (from: string, to: string) => (to === "stranger" ? null : `${from}>${to}`);
const told = (sentSegments: number, lostSegments: number, toNodeId = "b") => ({ readable: true, links: [{ toNodeId, sentSegments, lostSegments }] });

test("a link that begins to lose shows with the report that tells it, with its spread", () => {
  const known = createLosses();
  for (let second = 0; second < 5; second++) learnLosses(known, "a", told(1000, 1), key, second * 5000);
  learnLosses(known, "a", told(1000, 80), key, 25_000);
  expect(known.ratios.get("a>b")).toMatchObject({ last: 0.08, samples: 6, atMs: 25_000 });
  expect(known.ratios.get("a>b")?.variance).toBeGreaterThan(0);
});

test("a node that cannot read it says so; links that told nothing, strangers and what was long ago are not there", () => {
  const known = createLosses();
  learnLosses(known, "a", told(0, 0), key, 0);
  learnLosses(known, "a", told(100, 0, "stranger"), key, 0);
  expect([...known.ratios]).toEqual([]);
  learnLosses(known, "a", told(100, 0), key, 0);
  learnLosses(known, "c", { readable: false, links: [] }, key, 3_600_000);
  expect([...known.ratios]).toEqual([]);
  expect(known.readable).toEqual(new Map([["a", true], ["c", false]]));
});
