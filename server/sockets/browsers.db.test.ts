import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { io, type Socket } from "socket.io-client";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Deps } from "../commands/deps.ts";
import { testDeps } from "../control/testdata/scripted-fleet.ts";
import { withTestDatabase } from "../database/test-database.ts";
import type { LiveSamples, StoredEvent } from "../events/catalogue.ts";
import { liveFleet, liveNode } from "../live/live-fleet.ts";
import { readSnapshot } from "../live/read-snapshot.ts";
import { attachBrowsers, type BrowserSockets } from "./browsers.ts";

const database = withTestDatabase();
const clients: Socket[] = [];
let deps: Deps;
let server: Server;
let sockets: BrowserSockets;
let refuseAll = false;

beforeAll(async () => {
  deps = { ...testDeps(database.db, { nowMs: 0 }), clock: { now: () => Date.now() } };
  server = createServer();
  sockets = attachBrowsers(server, deps, { refuse: async () => (refuseAll ? "A credential is needed." : null) });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterAll(async () => {
  for (const client of clients) client.disconnect();
  await sockets.close();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

function connect(): Socket {
  const client = io(`http://127.0.0.1:${(server.address() as AddressInfo).port}/live`, { transports: ["websocket"], reconnection: false, forceNew: true });
  clients.push(client);
  return client;
}
async function write(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await deps.publisher.transact((_tx, append) => append({ name: "node.changed", subjectId: "nod_1", actor: "test", message: "x", payload: { nodeId: "nod_1" } }));
}
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 10));
};

test("a browser that comes back misses nothing and sees nothing twice, also while events are written", async () => {
  await write(20);
  const client = connect();
  const seen: number[] = [];
  client.on("event", (event: StoredEvent) => seen.push(event.seq));
  const writing = write(20);
  const { headSeq } = await client.timeout(5_000).emitWithAck("follow", { afterSeq: 5 });
  expect(headSeq).toBeGreaterThanOrEqual(20);
  await writing;
  await until(() => seen.at(-1) === 40);
  expect(seen).toEqual(Array.from({ length: 35 }, (_, index) => index + 6));
  client.disconnect();
});

test("a new browser gets no history; nonsense is taken for a new one", async () => {
  for (const nonsense of [{ afterSeq: null }, { afterSeq: -4 }, "x", { afterSeq: 1e12 }]) {
    const client = connect();
    const seen: StoredEvent[] = [];
    client.on("event", (event: StoredEvent) => seen.push(event));
    const { headSeq } = await client.timeout(5_000).emitWithAck("follow", nonsense);
    await write(1);
    await until(() => seen.length > 0);
    expect(seen[0]?.seq).toBe(headSeq + 1);
    client.disconnect();
  }
});

test("the first samples are whole, the next ones hold only what changed", async () => {
  const observed = { hardware: {}, bootId: "b", dataHost: "127.0.0.1", dataPort: 1, lastSeenAt: new Date() };
  for (const id of ["nod_1", "nod_2"]) await database.db.node.create({ data: { id, name: id, certificateFingerprint: id, certificateExpiresAt: new Date(), enrolledBy: "test", observed: { create: observed } } });
  const fleet = liveFleet(database.db);
  fleet.snapshot = await readSnapshot(database.db, Date.now());
  const client = connect();
  const samples: LiveSamples[] = [];
  client.on("samples", (sample: LiveSamples) => samples.push(sample));
  await client.timeout(5_000).emitWithAck("follow", { afterSeq: null });
  await until(() => samples.length > 0);
  expect(Object.keys(samples[0]?.nodes ?? {})).toEqual(["nod_1", "nod_2"]);
  liveNode(fleet, "nod_2");
  fleet.touched.nodes.add("nod_2");
  const nodesOfDeltas = () => samples.slice(1).map(({ nodes }) => Object.keys(nodes));
  await until(() => nodesOfDeltas().flat().length > 0);
  // Seconds in which nothing changed tell of no node.
  expect(nodesOfDeltas().filter((ids) => ids.length > 0)).toEqual([["nod_2"]]);
  client.disconnect();
});

test("without a credential, where one is demanded, there is no feed", async () => {
  refuseAll = true;
  const client = connect();
  const error = await new Promise<Error>((resolve) => client.once("connect_error", resolve));
  expect(error.message).toBe("A credential is needed.");
  refuseAll = false;
});
