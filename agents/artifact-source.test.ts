// Who gives which bytes, with the parts of real agents in this process, over real TLS.
import { randomBytes } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { ArtifactNodes, LAYER_BYTES } from "./testdata/artifact-nodes.ts";

let fleet: ArtifactNodes;
beforeAll(async () => { fleet = await ArtifactNodes.start(); });
afterEach(() => fleet.endNodes());
afterAll(() => fleet?.close());

test("a file that lies in parts at several nodes: each gives its part, the console what none of them has, and every byte comes once", async () => {
  const weights = randomBytes(6 * LAYER_BYTES);
  const [first, second, other] = [await fleet.node("nod_a"), await fleet.node("nod_b"), await fleet.node("nod_c")];
  first.know([other]);
  second.know([other]);
  other.know([first, second]);
  await first.fetch(weights, 0, 2);
  await second.fetch(weights, 3, 6);
  const asked = fleet.console.requests.length;
  expect(await other.fetch(weights, 0, 6)).toEqual({ console: LAYER_BYTES, peers: 5 * LAYER_BYTES, relayed: 0 });
  expect(fleet.console.requests.slice(asked).map(({ start, end }) => [start, end])).toEqual([[0, 1_000], [2 * LAYER_BYTES, 3 * LAYER_BYTES]]);
  expect(weights.equals(other.bytes(weights, 0, 6))).toBe(true);
});
