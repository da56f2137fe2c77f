import { beforeAll, expect, test } from "vitest";
import { type ScriptedFleet, startScriptedFleet } from "../control/testdata/scripted-fleet.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { createDeployment } from "./create-deployment.ts";
import { setServing } from "./set-serving.ts";

const database = withTestDatabase();
let fleet: ScriptedFleet;
let deploymentId: string;
beforeAll(async () => {
  fleet = await startScriptedFleet(database.db);
  await fleet.makePlan("pln_1", ["nod_a", "nod_b"]);
  ({ deploymentId } = await createDeployment(fleet.deps, { name: "x", planId: "pln_1", actor: "test" }));
  await fleet.run(8);
});

const BATCHING = { maxSize: 8, maxDelayMs: 2, preferredSizes: [4, 8] };
const KEY_LIMITS = { requestsPerSecond: 5, burst: 10, maxInFlight: 2 };
const change = (wanted: Parameters<typeof setServing>[1]["change"]) => setServing(fleet.deps, { deploymentId, change: wanted, actor: "api:ana" });
/** What the ingress's node is told. */
const route = () => [...liveFleet(database.db).desired.values()].flatMap(({ document }) => document.ingress).find((one) => one.deploymentId === deploymentId);

test("a change reaches the ingress without another revision, is told of with who made it, and leaves the rest", async () => {
  const before = route()!;
  expect(await change({ batching: BATCHING })).toMatchObject({ batching: BATCHING, keyLimits: null });
  await fleet.run(2);
  expect(route()).toMatchObject({ batching: BATCHING, pipelines: before.pipelines, limits: before.limits });
  expect(await change({ keyLimits: KEY_LIMITS, limits: { maxInFlight: 7 } })).toEqual({ batching: BATCHING, keyLimits: KEY_LIMITS, canary: null, streams: { policy: "move", limitMs: 3_600_000, maxStateBytes: 2 ** 28 }, limits: { maxInFlight: 7, defaultDeadlineMs: before.limits.defaultDeadlineMs, maxDeadlineMs: before.limits.maxDeadlineMs } });
  await fleet.run(2);
  expect(route()).toMatchObject({ batching: BATCHING, keyLimits: KEY_LIMITS, limits: { ...before.limits, maxInFlight: 7 } });
  expect((await change({ streams: { policy: "finish", limitMs: 5_000 } })).streams).toEqual({ policy: "finish", limitMs: 5_000, maxStateBytes: 2 ** 28 });
  expect((await change({ streams: { limitMs: 6_000 } })).streams).toMatchObject({ policy: "finish", limitMs: 6_000 });
  await change({ batching: null, keyLimits: null });
  await fleet.run(2);
  expect([route()!.batching, route()!.keyLimits]).toEqual([undefined, undefined]);
  const told = await database.db.event.findMany({ where: { name: "deployment.serving", subjectId: deploymentId }, orderBy: { seq: "asc" } });
  expect(told.map(({ actor }) => actor)).toEqual(["api:ana", "api:ana", "api:ana", "api:ana", "api:ana"]);
  expect(told[1]!.message).toContain("lets each key send 5 a second");
});

test("queues by shape and padding reach the ingress as they were declared, and are told of", async () => {
  const batching = { ...BATCHING, maxQueues: 4, padding: { dimensions: [{ name: "batch", lengths: [16, 4] }], values: [{ input: "in", value: 0 }] } };
  expect((await change({ batching })).batching).toEqual(batching);
  await fleet.run(2);
  expect(route()!.batching).toEqual(batching);
  const told = await database.db.event.findFirst({ where: { name: "deployment.serving", subjectId: deploymentId }, orderBy: { seq: "desc" } });
  expect(told!.message).toContain("in up to 4 queues by shape, padded along batch to 16, 4;");
  expect((await change({ batching: { ...BATCHING, maxQueues: 1, padding: null } })).batching).toEqual(BATCHING);
  await change({ batching: null });
  await fleet.run(2);
});

test("how new revisions are tried is told of in words; what is as it would be without a word is left out", async () => {
  const canary = { share: 0.1, shadowShare: 0.5, maxErrorRatio: 0.02, maxLatencyMsP99: 40 };
  const words = async () => (await database.db.event.findFirst({ where: { name: "deployment.serving", subjectId: deploymentId }, orderBy: { seq: "desc" } }))!.message;
  expect((await change({ canary: { ...canary, maxDifferentRatio: 0.01, watchMs: 60_000 } })).canary).toEqual(canary);
  expect(await words()).toContain("tries new revisions with 10 % of requests and copies of 50 %, up to 2 % failing, 1 % of copies answered otherwise and 40 ms at the 99th percentile, and watches them once they have taken over, for 60 s;");
  expect((await change({ canary: { ...canary, maxDifferentRatio: null, watchMs: 0 } })).canary).toEqual({ ...canary, maxDifferentRatio: null, watchMs: 0 });
  expect(await words()).toMatch(/any number of copies answered otherwise.* and does not watch them once they have taken over;/);
  await change({ canary: null });
});

test("what does not fit together is refused by name, and nothing changes", async () => {
  const before = route();
  await expect(change({ batching: { ...BATCHING, preferredSizes: [16] } })).rejects.toMatchObject({ code: "bad-request", place: "settings.batching.preferredSizes" });
  await expect(change({ limits: { defaultDeadlineMs: 10_000_000 } })).rejects.toMatchObject({ code: "bad-request", place: "settings.limits.defaultDeadlineMs" });
  const padding = { dimensions: [{ name: "tokens", lengths: [16] }], values: [{ input: "ids", value: 0 }] };
  await expect(change({ batching: { ...BATCHING, padding } })).rejects.toMatchObject({ code: "bad-request", place: "settings.batching.padding.dimensions.0", message: expect.stringMatching(/named "tokens"/) });
  await expect(change({})).rejects.toMatchObject({ code: "bad-request" });
  await expect(setServing(fleet.deps, { deploymentId: "dep_none", change: { batching: null }, actor: "test" })).rejects.toMatchObject({ code: "not-found" });
  await fleet.run(2);
  expect(route()).toEqual(before);
});
