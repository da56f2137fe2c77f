// Running requests together, decided by the adaptation loop on a real database, with ingresses that report what each test says their runs took.
import { beforeEach, expect, test } from "vitest";
import type { IngressSample, RunSums } from "../../agents/protocol/control.ts";
import { checkDecision } from "../api/check-decision.ts";
import { readAdaptation } from "../api/read-adaptation.ts";
import { acceptSuggestion } from "../commands/accept-suggestion.ts";
import { setAdaptation } from "../commands/set-adaptation.ts";
import { setServing } from "../commands/set-serving.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { adaptStates } from "../live/adapt-state.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { createSampleRing, pushSample } from "../live/sample-ring.ts";
import { listDecisions } from "../store/adapt-decisions.ts";
import { adaptActsEnded, driveAdaptation } from "./drive-adaptation.ts";
import { type ScriptedFleet, startScriptedFleet } from "./testdata/scripted-fleet.ts";

const database = withTestDatabase();
let fleet: ScriptedFleet;
let id: string;
const ring = createSampleRing();
beforeEach(async () => {
  await database.clear();
  adaptStates(database.db).clear();
  fleet = await startScriptedFleet(database.db);
  id = await fleet.deploy();
  // Nowhere a further replica could be.
  await database.db.node.update({ where: { id: "nod_c" }, data: { cordoned: true } });
  await setServing(fleet.deps, { deploymentId: id, change: { batching: { maxSize: 4, maxDelayMs: 3, preferredSizes: [], whenNeeded: true } }, actor: "test" });
});

const batchingTold = () => liveFleet(database.db).desired.get("nod_a")?.document.ingress[0]?.batching;
const inForce = () => batchingTold()?.now?.maxSize;
const acted = async () => (await listDecisions(database.db, id, 20)).filter((one) => one.operationId !== null).reverse();

/** So many requests a second, in runs as full as they may be where `full`; a run takes `runMs` and `itemMs` for each of its items. Its stages tell what the whole run took. */
async function serve(seconds: number, requests: number, { full, runMs, itemMs, problem }: { full: boolean; runMs: number; itemMs: number; problem?: string }): Promise<void> {
  const live = liveFleet(database.db);
  for (let second = 0; second < seconds; second++) {
    const size = full ? (inForce() ?? 1) : 1;
    const ms = runMs + itemMs * size;
    const count = Math.ceil(requests / size);
    const runs: RunSums = { count, items: count * size, slowestMs: count * ms, passMs: count * (ms + 1), ...(problem === undefined ? {} : { problem }) };
    const ingress: IngressSample = { deploymentId: id, epoch: 1, accepted: requests, succeeded: requests, failed: 0, inFlight: 0, latencyMsP50: ms, latencyMsP99: ms, errors: {}, trace: null, runs };
    live.deploymentRings.set(id, ring);
    pushSample(ring, fleet.clock.nowMs, [requests, 0, full ? 10 * ms : ms, 20 * ms]);
    await fleet.run(1);
    for (const [stageIndex, nodeId] of ["nod_a", "nod_b"].entries()) {
      const stage = { assignmentId: `a${stageIndex}`, deploymentId: id, epoch: 1, stageIndex, done: count, failed: 0, queueLength: 0, computeMsP50: size > 1 ? 50 * ms : 0.01 * (1 + 0.05 * ((second % 3) - 1)), computeMsP99: ms, queueMsP50: 0, receivedBytes: 0, sentBytes: 0, upstreamNodeIds: [] };
      Object.assign(live.nodes.get(nodeId) ?? {}, { sampleAtMs: fleet.clock.nowMs, sample: { cpuRatio: 0.1, agentCpuCores: 0.1, memoryUsedBytes: 1, agentRssBytes: 1, stages: [stage], ingress: nodeId === "nod_a" ? [ingress] : [] } });
    }
    await driveAdaptation(fleet.deps);
    await adaptActsEnded(fleet.deps);
  }
}

const FEW = 30;
const MANY = 5_000;
const GAINS = { runMs: 0.8, itemMs: 0.2 };
const GAINS_NOTHING = { runMs: 0, itemMs: 1 };

test("more come than are carried: sizes within the operator's limits are tried, measured and kept, each written down with what it gained; each runs alone again when few come; what a batch takes is no drift", async () => {
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic", movesPerHour: 0 }, actor: "test" });
  await serve(16, FEW, { full: false, ...GAINS });
  expect(batchingTold()).toEqual({ maxSize: 4, maxDelayMs: 3, preferredSizes: [], now: { maxSize: 1, maxDelayMs: 0 } });
  await serve(50, MANY, { full: true, ...GAINS });
  expect(inForce()).toBe(4);
  const tried = await acted();
  expect(tried.map((one) => one.alternatives[one.chosen ?? -1])).toMatchObject([{ kind: "batch", batch: { maxSize: 2, maxDelayMs: 3 }, bytes: 0 }, { kind: "batch", batch: { maxSize: 4, maxDelayMs: 3 }, bytes: 0 }]);
  expect(tried).toMatchObject([{ verdict: "act", outcome: "moved", trigger: [{ kind: "demand" }], predictedGain: null, realisedGain: expect.closeTo(0.4) }, { predictedGain: null, realisedGain: expect.closeTo(1 - 0.4 / 0.6), reason: expect.stringContaining("Run up to 4 requests together") }]);
  expect(await readAdaptation(fleet.deps, id, 5)).toMatchObject({ batchNow: { maxSize: 4, maxDelayMs: 3 }, drifts: [] });
  expect(await checkDecision(fleet.deps, { deploymentId: id, decisionId: tried[1]?.id ?? "" })).toMatchObject({ isIntact: true, difference: null });
  expect((await database.db.operation.findMany({ where: { kind: "batch" } })).map((one) => one.status)).toEqual(["succeeded", "succeeded"]);
  expect(await database.db.revision.count()).toBe(1);
  await serve(90, FEW, { full: false, ...GAINS });
  expect(inForce()).toBe(1);
  expect((await acted()).at(-1)?.alternatives[0]).toMatchObject({ kind: "batch", batch: { maxSize: 1 } });
});

test("a try that gains nothing is taken back with what it measured", async () => {
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic", movesPerHour: 0 }, actor: "test" });
  await serve(16, FEW, { full: false, ...GAINS_NOTHING });
  await serve(40, MANY, { full: true, ...GAINS_NOTHING });
  expect(inForce()).toBe(1);
  const [tried, back] = await acted();
  expect(tried).toMatchObject({ realisedGain: expect.closeTo(0), alternatives: expect.arrayContaining([expect.objectContaining({ kind: "batch" })]) });
  expect(back?.reason).toContain("not less by more than measurements can be trusted");
});

test("suggest: a person accepts the try, and what fails is given back by itself; observe: nothing is tried; what cannot run together is not", async () => {
  await serve(16, FEW, { full: false, ...GAINS_NOTHING });
  await serve(12, MANY, { full: true, ...GAINS_NOTHING });
  const suggestion = (await listDecisions(database.db, id, 9)).find((one) => one.outcome === "suggested");
  expect(suggestion?.alternatives[suggestion.chosen ?? -1]).toMatchObject({ kind: "batch", batch: { maxSize: 2 } });
  expect(inForce()).toBe(1);
  await acceptSuggestion(fleet.deps, { deploymentId: id, decisionId: suggestion?.id ?? "", actor: "api:ana" });
  await serve(3, MANY, { full: true, ...GAINS_NOTHING });
  expect(inForce()).toBe(2);
  await serve(20, MANY, { full: true, ...GAINS_NOTHING });
  expect(inForce()).toBe(1);
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "observe" }, actor: "test" });
  adaptStates(database.db).clear();
  const before = (await acted()).length;
  await serve(30, MANY, { full: true, ...GAINS });
  expect((await acted()).length).toBe(before);
  expect((await listDecisions(database.db, id, 9)).some((one) => one.outcome === "kept" && one.alternatives.some((other) => other.kind === "batch"))).toBe(true);
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic" }, actor: "test" });
  adaptStates(database.db).clear();
  await serve(30, MANY, { full: true, ...GAINS, problem: "it looks across its batch" });
  expect(inForce()).toBe(1);
});

test("what is changed begins with each alone; together at all times is not left to adaptation", async () => {
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic", movesPerHour: 0 }, actor: "test" });
  await serve(16, FEW, { full: false, ...GAINS });
  await serve(15, MANY, { full: true, ...GAINS });
  expect(inForce()).toBe(2);
  const set = async (maxSize: number) => {
    await setServing(fleet.deps, { deploymentId: id, change: { batching: { maxSize, maxDelayMs: 3, preferredSizes: [], whenNeeded: true } }, actor: "test" });
    await fleet.run(1);
  };
  await set(4);
  expect(inForce()).toBe(2);
  await set(3);
  expect(inForce()).toBe(1);
  await setServing(fleet.deps, { deploymentId: id, change: { batching: { maxSize: 4, maxDelayMs: 3, preferredSizes: [] } }, actor: "test" });
  await fleet.run(1);
  expect(batchingTold()).toEqual({ maxSize: 4, maxDelayMs: 3, preferredSizes: [] });
});
