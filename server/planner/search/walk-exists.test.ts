// The quick answer is the priced walk's, at every cap.
import { expect, test } from "vitest";
import { buildFamily, FAMILY_NAMES } from "../families/build-family.ts";
import type { Instance } from "../instance.ts";
import { randomInstance } from "../testdata/random-instance.ts";
import { bottleneckTables } from "./bottleneck-tables.ts";
import { pricedWalk, unitPrices, windowsUnder } from "./priced-walk.ts";
import { walkExists } from "./walk-exists.ts";

const CAPS_MS = [0.5, 2, 8, 20, 50, 120, 400, 2000, 50_000];

function agrees(instance: Instance): number {
  const tables = bottleneckTables(instance);
  const free = { nodeBusy: new Float64Array(instance.nodes.length), linkBusy: new Float64Array(instance.hops.linkPerByteMs.length), nodeBytes: new Float64Array(instance.nodes.length), nodeOnce: new Float64Array(instance.nodes.length), stages: 0, latency: 0 };
  let exist = 0;
  for (const capMs of CAPS_MS) {
    const walk = pricedWalk(tables, { prices: unitPrices(tables, free, capMs), capMs, until: windowsUnder(tables, capMs) });
    expect(walkExists(tables, capMs), `under ${capMs} ms`).toBe(Number.isFinite(walk.value));
    if (Number.isFinite(walk.value)) exist++;
  }
  return exist;
}

test("a walk exists under a cap just where the cheapest one has a price", () => {
  let exist = 0;
  for (let seed = 0; seed < 120; seed++) exist += agrees(randomInstance(seed));
  for (const family of FAMILY_NAMES) for (let seed = 1; seed <= 3; seed++) exist += agrees(buildFamily(family, { seed, layers: 60, nodes: 8, memoryShare: 0.3, trust: seed % 2 === 0, tiers: seed % 3 === 0 }));
  expect(exist).toBeGreaterThan(200);
});
