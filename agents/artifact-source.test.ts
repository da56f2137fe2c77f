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

test("relays that do not reach the holder are not the end: one farther away is asked, and the next time only that", async () => {
  const files = [randomBytes(2 * LAYER_BYTES), randomBytes(2 * LAYER_BYTES)] as const;
  const [holder, gateway, other] = [await fleet.node("nod_holder"), await fleet.node("nod_gateway"), await fleet.node("nod_other")];
  const blind = await Promise.all(["nod_b1", "nod_b2", "nod_b3", "nod_b4"].map((id) => fleet.node(id)));
  holder.know([gateway]);
  gateway.know([holder, other]);
  for (const one of blind) one.know([other], [holder]);
  other.know([...blind, gateway], [holder]);
  for (const one of blind) other.measured(one, { rttMs: 1 });
  other.measured(gateway, { rttMs: 2 });
  for (const file of files) await holder.fetch(file, 0, 2);
  for (const file of files) {
    expect(await other.fetch(file, 0, 2)).toEqual({ console: 0, peers: 0, relayed: 2 * LAYER_BYTES });
    expect(blind.map((one) => one.relays)).toEqual(blind.map(() => ["nod_holder"]));
  }
  expect(files[1].equals(other.bytes(files[1], 0, 2))).toBe(true);
});

test("a relay that goes away before the bytes come: another one gets them", async () => {
  const weights = randomBytes(3 * LAYER_BYTES);
  const [holder, near, far, other] = [await fleet.node("nod_holder"), await fleet.node("nod_near"), await fleet.node("nod_far"), await fleet.node("nod_other")];
  holder.know([near, far]);
  near.know([holder, other]);
  far.know([holder, other]);
  other.know([near, far], [holder]);
  other.measured(near, { rttMs: 1 });
  other.measured(far, { rttMs: 2 });
  await holder.fetch(weights, 0, 3);
  expect(await other.fetch(weights, 0, 1)).toEqual({ console: 0, peers: 0, relayed: LAYER_BYTES });
  // Both were asked what the holder has; one of them for the bytes as well.
  await (near.relays.length > far.relays.length ? near : far).close();
  expect(await other.fetch(weights, 1, 3)).toEqual({ console: 0, peers: 0, relayed: 2 * LAYER_BYTES });
});

test("a node that knows that it does not reach another says so without trying: by its measurement, by what was lately seen before that", async () => {
  const path = `/artifacts/${"0".repeat(64)}/held`;
  const [holder, relay, second] = [await fleet.node("nod_holder"), await fleet.node("nod_relay"), await fleet.node("nod_second")];
  holder.know([relay, second]);
  relay.know([holder]);
  relay.measured(holder, { error: "timed out" });
  await expect(relay.peers.relay("nod_holder", path, undefined)).rejects.toThrow("not reached");
  // It tried in vain, and does not try again for a while.
  second.know([], [holder]);
  await expect(second.peers.relay("nod_holder", path, undefined)).rejects.toThrow("ECONNREFUSED");
  second.know([holder]);
  await expect(second.peers.relay("nod_holder", path, undefined)).rejects.toThrow("not reached");
  expect(holder.dialled).toBe(0);
  relay.measured(holder, { error: null });
  expect((await relay.peers.relay("nod_holder", path, undefined)).resume().statusCode).toBe(200);
  relay.measured(holder, { error: "timed out" });
  expect((await relay.peers.relay("nod_holder", path, undefined)).resume().statusCode).toBe(200);
});
