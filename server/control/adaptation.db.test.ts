// The adaptation loop on a real database, with agents that report what each test says: a slow node is noticed, suggested, accepted, or moved away from.
import { beforeEach, expect, test, vi } from "vitest";
import { checkDecision } from "../api/check-decision.ts";
import { acceptHere, acceptSuggestion } from "../commands/accept-suggestion.ts";
import { createDeployment } from "../commands/create-deployment.ts";
import { setAdaptation } from "../commands/set-adaptation.ts";
import { withTestDatabase } from "../database/test-database.ts";
import type { AcceptAsked, Peers } from "../live/peer-message.ts";
import { adaptState, adaptStates } from "../live/adapt-state.ts";
import { adaptThought } from "../live/adapt-thought.ts";
import { createSampleRing, pushSample } from "../live/sample-ring.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { listDecisions } from "../store/adapt-decisions.ts";
import { findSnapshot, packSnapshot, unpackSnapshot } from "../store/decision-snapshots.ts";
import { findUnfinishedMigration } from "../store/deployments.ts";
import { adaptActsEnded, driveAdaptation } from "./drive-adaptation.ts";
import { NODE_IDS, type ScriptedFleet, startScriptedFleet } from "./testdata/scripted-fleet.ts";

vi.mock("../commands/check-plan-parity.ts", async (original) => (await import("./testdata/agreeing-checks.ts")).agreeingChecks(await original<object>()));
const database = withTestDatabase();
let fleet: ScriptedFleet;
beforeEach(async () => {
  await database.clear();
  adaptStates(database.db).clear();
  fleet = await startScriptedFleet(database.db);
});

/** Seconds in which the stages on a and b take so long. */
async function serve(deploymentId: string, seconds: number, computeMs: { a: number; b: number }): Promise<void> {
  const live = liveFleet(database.db);
  for (let second = 0; second < seconds; second++) {
    await fleet.run(1);
    for (const [stageIndex, [nodeId, ms]] of [["nod_a", computeMs.a], ["nod_b", computeMs.b]].entries() as IterableIterator<[number, [string, number]]>) {
      const node = live.nodes.get(nodeId);
      const stage = { assignmentId: `a${stageIndex}`, deploymentId, epoch: 1, stageIndex, done: 5, failed: 0, queueLength: 0, computeMsP50: ms * (1 + 0.05 * ((second % 3) - 1)), computeMsP99: ms, queueMsP50: 0, receivedBytes: 0, sentBytes: 0, upstreamNodeIds: [] };
      if (node) Object.assign(node, { sampleAtMs: fleet.clock.nowMs, sample: { cpuRatio: 0.1, agentCpuCores: 0.1, memoryUsedBytes: 1, agentRssBytes: 1, stages: [stage], ingress: [] } });
    }
    await driveAdaptation(fleet.deps);
    await adaptActsEnded(fleet.deps);
  }
}

const HEALTHY = { a: 0.01, b: 0.01 };
const B_IS_SLOW = { a: 0.01, b: 50 };

test("what agrees with the prediction leads to nothing", async () => {
  const id = await fleet.deploy();
  await serve(id, 25, HEALTHY);
  expect(await listDecisions(database.db, id, 10)).toEqual([]);
  expect(adaptStates(database.db).get(id)?.decision?.verdict).toBe("steady");
});

test("a slow node: a suggestion with its trigger, alternatives and reasons, which a person accepts once", async () => {
  const id = await fleet.deploy();
  await serve(id, 14, HEALTHY);
  await serve(id, 12, B_IS_SLOW);
  const [suggestion] = await listDecisions(database.db, id, 1);
  expect(suggestion).toMatchObject({ outcome: "suggested", mode: "suggest", verdict: "act", trigger: [{ kind: "node", name: "nod_b" }] });
  const chosen = suggestion?.alternatives[suggestion.chosen ?? -1];
  expect(chosen?.placement.some((stage) => stage.topologyNodeId === "tn_nod_b")).toBe(false);
  const parts = chosen?.parts;
  expect((parts?.fetchSeconds ?? 0) + (parts?.loadSeconds ?? 0) + (parts?.warmSeconds ?? 0) + (parts?.otherSeconds ?? 0)).toBeCloseTo(chosen?.seconds ?? Number.NaN);
  expect(suggestion?.predictedGain).toBeGreaterThan(0.5);
  expect(suggestion?.snapshotDigest).toMatch(/^[0-9a-f]{64}$/);
  // Whoever doubts it has it decided again from what was kept; what was changed since is noticed.
  const check = () => checkDecision(fleet.deps, { deploymentId: id, decisionId: suggestion?.id ?? "" });
  expect(await check()).toMatchObject({ isIntact: true, difference: null, verdict: "act", snapshot: { seen: { running: expect.any(Array), problem: expect.any(Object) }, settings: { mode: "suggest" } } });
  const kept = await findSnapshot(database.db, suggestion?.id ?? "");
  const snapshot = await unpackSnapshot(kept ?? new Uint8Array());
  const { packed } = await packSnapshot({ ...snapshot, settings: { ...snapshot.settings, movesPerHour: 0 } });
  await database.db.decisionSnapshot.update({ where: { decisionId: suggestion?.id ?? "" }, data: { packed: new Uint8Array(packed) } });
  expect(await check()).toMatchObject({ isIntact: false, difference: expect.stringContaining('"act" was recorded') });
  expect(fleet.events.find((event) => event.name === "deployment.decided")?.message).toContain("nod_b is");
  const accept = () => acceptSuggestion(fleet.deps, { deploymentId: id, decisionId: suggestion?.id ?? "", actor: "api:ana" });
  expect((await accept()).createdBy).toBe("adapt, accepted by api:ana");
  await expect(accept()).rejects.toThrow("moving");
  expect((await findUnfinishedMigration(database.db, id))?.reason).toContain("nod_b is");
});

test("a console that follows has it accepted by the one that leads, and says what that one says", async () => {
  const id = await fleet.deploy();
  await serve(id, 14, HEALTHY);
  await serve(id, 12, B_IS_SLOW);
  const [suggestion] = await listDecisions(database.db, id, 1);
  const peers = { consoleId: "con_follower", leaderId: () => "con_leader", askAccept: (asked: AcceptAsked) => acceptHere(fleet.deps, asked) } as Partial<Peers> as Peers;
  const accept = (decisionId: string, asked = peers) => acceptSuggestion({ ...fleet.deps, peers: asked }, { deploymentId: id, decisionId, actor: "api:ben" });
  await expect(accept("dec_none")).rejects.toMatchObject({ code: "not-found" });
  await expect(accept(suggestion?.id ?? "", { ...peers, askAccept: () => Promise.reject(new Error("the console that leads did not answer")) })).rejects.toMatchObject({ code: "unavailable", message: expect.stringContaining("did not answer") });
  expect((await accept(suggestion?.id ?? "")).createdBy).toBe("adapt, accepted by api:ben");
  await expect(accept(suggestion?.id ?? "")).rejects.toMatchObject({ code: "conflict", message: expect.stringContaining("moving") });
});

test("a suggestion goes when the node is as fast as before", async () => {
  const id = await fleet.deploy();
  await serve(id, 14, HEALTHY);
  await serve(id, 12, B_IS_SLOW);
  await serve(id, 14, HEALTHY);
  expect((await listDecisions(database.db, id, 1))[0]).toMatchObject({ outcome: "expired", reason: expect.stringContaining("agrees with") });
});

test("a suggestion that stands when it is left to adaptation is done by it, and not waited for", async () => {
  const id = await fleet.deploy();
  await serve(id, 14, HEALTHY);
  await serve(id, 12, B_IS_SLOW);
  const [suggestion] = await listDecisions(database.db, id, 1);
  expect(suggestion?.outcome).toBe("suggested");
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic" }, actor: "test" });
  for (let second = 0; second < 12 && started().length === 0; second++) await serve(id, 1, B_IS_SLOW);
  expect(started()).toHaveLength(1);
  expect((await listDecisions(database.db, id, 9)).find((one) => one.id === suggestion?.id)).toMatchObject({ outcome: "expired", reason: expect.stringContaining("left to adaptation") });
});

test("what a move gained that a person accepted late is measured from when it was accepted, and of the pipeline, whatever a processor takes beside it", async () => {
  const id = await fleet.deploy();
  const ring = createSampleRing();
  const answered = async (seconds: number, pipelineMs: number, isDone: () => Promise<boolean> = async () => false) => {
    for (let second = 0; second < seconds && !(await isDone()); second++) {
      liveFleet(database.db).deploymentRings.set(id, ring);
      pushSample(ring, fleet.clock.nowMs, [1, 0, pipelineMs + 40, pipelineMs + 40, null, 0, pipelineMs]);
      await serve(id, 1, pipelineMs > 20 ? B_IS_SLOW : HEALTHY);
    }
  };
  await answered(14, 10);
  await answered(30, 50);
  const decisionId = (await listDecisions(database.db, id, 9)).find((one) => one.outcome === "suggested")?.id ?? "";
  const stored = async () => (await listDecisions(database.db, id, 99)).find((one) => one.id === decisionId);
  // It was thought about for long: nobody has ended meanwhile.
  await database.db.adaptDecision.update({ where: { id: decisionId }, data: { at: new Date(fleet.clock.nowMs - 11 * 60_000) } });
  const { acted } = adaptState(database.db, id);
  await database.db.adaptDecision.update({ where: { id: decisionId }, data: { outcome: "accepted" } });
  acted.set(decisionId, { atMs: fleet.clock.nowMs, isTimed: false });
  await answered(1, 50);
  expect((await stored())?.outcome).toBe("accepted");
  acted.clear();
  await database.db.adaptDecision.update({ where: { id: decisionId }, data: { outcome: "suggested" } });
  await acceptSuggestion(fleet.deps, { deploymentId: id, decisionId, actor: "api:ana" });
  await answered(60, 10, async () => (await stored())?.outcome === "moved");
  expect(await stored()).toMatchObject({ outcome: "moved", realisedGain: expect.closeTo(0.8, 1) });
  expect(adaptState(database.db, id).moveOverheadSeconds).toBeLessThan(60);
});

test("what another console accepted and never did is given up", async () => {
  const id = await fleet.deploy();
  await serve(id, 14, HEALTHY);
  await serve(id, 12, B_IS_SLOW);
  const [suggestion] = await listDecisions(database.db, id, 1);
  await database.db.adaptDecision.update({ where: { id: suggestion?.id ?? "" }, data: { outcome: "accepted", at: new Date(fleet.clock.nowMs - 11 * 60_000) } });
  await serve(id, 1, B_IS_SLOW);
  expect((await listDecisions(database.db, id, 9)).find((one) => one.id === suggestion?.id)).toMatchObject({ outcome: "failed", reason: expect.stringContaining("ended before the move began") });
});

test("automatic moves by itself, once; observe only writes down what it would do; a cool-down is kept and named", async () => {
  const id = await fleet.deploy();
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "observe" }, actor: "test" });
  await serve(id, 14, HEALTHY);
  await serve(id, 12, B_IS_SLOW);
  expect((await listDecisions(database.db, id, 9)).map((one) => one.outcome)).not.toContain("suggested");
  const observed = async () => (await listDecisions(database.db, id, 50)).filter((one) => one.reason.startsWith("Observed only")).length;
  const times = await observed();
  expect(times).toBeGreaterThan(0);
  // As long as it would do the same, that is not said again.
  await serve(id, 40, B_IS_SLOW);
  expect(await observed()).toBe(times);
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic", movesPerHour: 0 }, actor: "test" });
  await serve(id, 12, B_IS_SLOW);
  expect((await listDecisions(database.db, id, 1))[0]?.verdict).toBe("limit");
  await setAdaptation(fleet.deps, { deploymentId: id, change: { movesPerHour: 5 }, actor: "test" });
  await serve(id, 12, B_IS_SLOW);
  const moving = (await listDecisions(database.db, id, 9)).filter((one) => one.migrationId !== null);
  expect(moving).toHaveLength(1);
  expect(fleet.events.filter((event) => event.name === "migration.started" && event.actor === "adapt")).toHaveLength(1);
});

const started = () => fleet.events.filter((event) => event.name === "migration.started" && event.actor === "adapt");

test("a node that dies in the middle of a move turns that back, and is moved away from at once: the move that failed is no reason to wait", async () => {
  const id = await fleet.deploy();
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic", coolDownSeconds: 0, movesPerHour: 100 }, actor: "test" });
  await serve(id, 14, HEALTHY);
  // What the move needs never becomes ready.
  const isNew = new Set(NODE_IDS.flatMap((nodeId) => liveFleet(database.db).nodes.get(nodeId)?.assignments ?? []).map((one) => one.assignmentId));
  fleet.script.assignment = (_, observed) => (isNew.has(observed.assignmentId) ? observed : { ...observed, state: "loading" });
  for (let second = 0; second < 30 && started().length === 0; second++) await serve(id, 1, { a: 50, b: 0.01 });
  expect(started()).toHaveLength(1);
  fleet.script.dead = new Set(["nod_b"]);
  fleet.script.assignment = undefined;
  for (let second = 0; second < 12 && started().length < 2; second++) await serve(id, 1, { a: 50, b: 0.01 });
  expect(fleet.events.filter((event) => event.name === "migration.finished").map((event) => (event.payload as { outcome: string }).outcome)).toEqual(["done", "rolled-back"]);
  expect(started()).toHaveLength(2);
  expect(started()[1]?.message).toContain("is lost");
});

test("where the only entry is lost nothing is moved, once and with the reason; when it is back all goes on", async () => {
  const id = await fleet.deploy();
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic", coolDownSeconds: 0, movesPerHour: 100 }, actor: "test" });
  await serve(id, 14, HEALTHY);
  fleet.script.dead = new Set(["nod_a"]);
  await serve(id, 40, HEALTHY);
  expect(started()).toEqual([]);
  const decisions = await listDecisions(database.db, id, 9);
  expect(decisions).toMatchObject([{ verdict: "no-better", outcome: "kept", trigger: [{ kind: "loss", key: "entry:tn_nod_a", name: "nod_a" }, { kind: "loss", key: "node:tn_nod_a" }], reason: expect.stringContaining("Requests enter nowhere: nod_a is lost") }]);
  fleet.script.dead = undefined;
  await serve(id, 14, HEALTHY);
  expect(adaptStates(database.db).get(id)?.decision?.verdict).toBe("steady");
});

test("what was just acted on is not acted on again by a picture of before", async () => {
  const id = await fleet.deploy();
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic", coolDownSeconds: 0, movesPerHour: 100 }, actor: "test" });
  await serve(id, 14, HEALTHY);
  fleet.script.dead = new Set(["nod_b"]);
  for (let second = 0; second < 12 && started().length === 0; second++) await serve(id, 1, HEALTHY);
  // Acting took long, and the loop that looks has not looked since.
  const before = adaptStates(database.db).get(id);
  if (before) before.actedAtMs = fleet.clock.nowMs + 20_000;
  fleet.clock.nowMs += 20_000;
  await driveAdaptation(fleet.deps);
  await adaptActsEnded(fleet.deps);
  expect((await listDecisions(database.db, id, 9)).filter((one) => one.verdict === "act")).toHaveLength(1);
});

test("the same cuts elsewhere are proved already and are not checked again; other cuts are", async () => {
  const id = await fleet.deploy();
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic", coolDownSeconds: 0, movesPerHour: 100 }, actor: "test" });
  await serve(id, 14, HEALTHY);
  fleet.script.dead = new Set(["nod_b"]);
  await serve(id, 12, HEALTHY);
  const plans = (await database.db.plan.findMany({ orderBy: { revision: "asc" }, select: { document: true, parity: true } })).map((plan) => ({
    cuts: JSON.stringify((plan.document as { placement: { from: number; to: number }[] }).placement.map(({ from, to }) => [from, to])), checkedAt: (plan.parity as { checkedAt: string }).checkedAt,
  }));
  const [known, ...made] = plans;
  expect(made.length).toBeGreaterThan(0);
  expect(made.map((plan) => plan.checkedAt === known?.checkedAt)).toEqual(made.map((plan) => plan.cuts === known?.cuts));
});

test("a node that only the console does not hear is not moved away from", async () => {
  const id = await fleet.deploy();
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic", coolDownSeconds: 0, movesPerHour: 100 }, actor: "test" });
  await serve(id, 14, HEALTHY);
  fleet.script.silent = new Set(["nod_a"]);
  await serve(id, 30, HEALTHY);
  expect(fleet.events.some((event) => event.name === "node.lost")).toBe(true);
  expect(started()).toEqual([]);
});

test("a link that is cut is moved away from like a lost node: the decision names it, and neither way over it is taken", async () => {
  const id = await fleet.deploy();
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic", coolDownSeconds: 3_600, movesPerHour: 100 }, actor: "test" });
  await serve(id, 14, HEALTHY);
  // Requests stop at the cut: nothing is measured any more.
  fleet.script.cut = new Set(["nod_a>nod_b", "nod_b>nod_a"]);
  for (let second = 0; second < 12 && started().length === 0; second++) {
    await fleet.run(1);
    await driveAdaptation(fleet.deps);
    await adaptActsEnded(fleet.deps);
  }
  expect(started()).toHaveLength(1);
  const [decision] = await listDecisions(database.db, id, 1);
  expect(decision).toMatchObject({ verdict: "act", trigger: [{ kind: "loss", key: "link:tn_nod_a>tn_nod_b" }, { kind: "loss", key: "link:tn_nod_b>tn_nod_a" }], reason: expect.stringContaining("The link from nod_a to nod_b is cut") });
  const chosen = decision?.alternatives[decision.chosen ?? -1]?.placement.map((stage) => stage.topologyNodeId) ?? [];
  expect(["tn_nod_a", "tn_nod_b"].every((end) => chosen.includes(end))).toBe(false);
});

test("a cut between one of two entries and the first stage is a loss of that pair: it goes to where both reach it", async () => {
  const planId = await fleet.makePlan("pln_1", ["nod_a", "nod_b"]);
  const { deploymentId: id } = await createDeployment(fleet.deps, { name: "x", planId, ingressNodeIds: ["nod_a", "nod_c"], actor: "test" });
  await fleet.run(8);
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic", coolDownSeconds: 3_600, movesPerHour: 100 }, actor: "test" });
  await serve(id, 14, HEALTHY);
  fleet.script.cut = new Set(["nod_a>nod_c", "nod_c>nod_a"]);
  for (let second = 0; second < 12 && started().length === 0; second++) await serve(id, 1, HEALTHY);
  expect(started()).toHaveLength(1);
  const [decision] = await listDecisions(database.db, id, 1);
  expect(decision).toMatchObject({ verdict: "act", trigger: [{ kind: "loss", key: "link:tn_nod_c>tn_nod_a" }], reason: expect.stringContaining("The link from nod_c to nod_a is cut") });
  expect(decision?.alternatives[decision.chosen ?? -1]?.placement.map((stage) => stage.topologyNodeId)).toEqual(["tn_nod_b", "tn_nod_b"]);
  expect(await checkDecision(fleet.deps, { deploymentId: id, decisionId: decision?.id ?? "" })).toMatchObject({ isIntact: true, difference: null });
});

test("a link that breaks and is made anew at once moves nothing", async () => {
  const id = await fleet.deploy();
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic", coolDownSeconds: 0, movesPerHour: 100 }, actor: "test" });
  await serve(id, 14, HEALTHY);
  for (let times = 0; times < 4; times++) {
    fleet.script.cut = new Set(["nod_a>nod_b"]);
    await serve(id, 2, HEALTHY);
    fleet.script.cut = undefined;
    await serve(id, 2, HEALTHY);
  }
  expect(started()).toEqual([]);
});

test("an SLO whose error budget burns is a reason of its own: seen in what is thought, written down with its rate, and gone when it is kept", async () => {
  const id = await fleet.deploy({ objective: "latency", slo: { quantile: 0.99, latencyMs: 100 } });
  const ring = createSampleRing();
  const answered = async (seconds: number, latencyMsP99: number) => {
    for (let second = 0; second < seconds; second++) {
      liveFleet(database.db).deploymentRings.set(id, ring);
      pushSample(ring, fleet.clock.nowMs, [20, 0, latencyMsP99 / 2, latencyMsP99]);
      await serve(id, 1, HEALTHY);
    }
  };
  await answered(40, 80);
  expect(adaptThought(database.db, id, fleet.clock.nowMs)).toMatchObject({ verdict: "steady", burn: { isBurning: false, budget: expect.closeTo(0.01) } });
  await answered(30, 400);
  expect(adaptThought(database.db, id, fleet.clock.nowMs).burn).toMatchObject({ isBurning: true, windows: [{ name: "fast", isBurning: true }, { name: "slow" }] });
  const [decision] = await listDecisions(database.db, id, 1);
  expect(decision).toMatchObject({ trigger: [{ kind: "burn", key: "slo" }], reason: expect.stringContaining("error budget") });
  expect(decision?.trigger[0]?.factor).toBeGreaterThan(14);
  await answered(70, 80);
  expect(adaptStates(database.db).get(id)?.decision?.verdict).toBe("steady");
});

test("what is lost is repaired in spite of the limits, unless they are to hold for it too, which the record says", async () => {
  const id = await fleet.deploy();
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic", movesPerHour: 0, repairLosses: "within-limits" }, actor: "test" });
  await serve(id, 14, HEALTHY);
  fleet.script.dead = new Set(["nod_b"]);
  await serve(id, 24, HEALTHY);
  expect(started()).toEqual([]);
  expect((await listDecisions(database.db, id, 1))[0]).toMatchObject({ verdict: "limit", trigger: [{ kind: "loss" }], reason: expect.stringContaining("0 are allowed") });
  await setAdaptation(fleet.deps, { deploymentId: id, change: { repairLosses: "always" }, actor: "test" });
  for (let second = 0; second < 24 && started().length === 0; second++) await serve(id, 1, HEALTHY);
  expect(started()).toHaveLength(1);
});

test("more requests than anything carries: fewer are let in at the ingress, which is written down, and all again when they have become few", async () => {
  const id = await fleet.deploy();
  await setAdaptation(fleet.deps, { deploymentId: id, change: { mode: "automatic", movesPerHour: 0 }, actor: "test" });
  await database.db.node.update({ where: { id: "nod_c" }, data: { cordoned: true } });
  const ring = createSampleRing();
  const asked = async (seconds: number, requests: number, errors: number) => {
    for (let second = 0; second < seconds; second++) {
      liveFleet(database.db).deploymentRings.set(id, ring);
      pushSample(ring, fleet.clock.nowMs, [requests, errors, 1, 2]);
      await serve(id, 1, HEALTHY);
    }
  };
  const told = () => liveFleet(database.db).desired.get("nod_a")?.document.ingress[0]?.admitPerSecond;
  await asked(20, 1, 0);
  expect(told()).toBeUndefined();
  await asked(40, 5_000, 4_000);
  const [decision] = (await listDecisions(database.db, id, 9)).filter((one) => one.operationId !== null);
  expect(decision).toMatchObject({ verdict: "act", outcome: "moved", trigger: [{ kind: "demand" }], reason: expect.stringContaining("are let in") });
  const admitted = decision?.alternatives[decision.chosen ?? -1]?.admitPerSecond ?? 0;
  expect(admitted).toBeGreaterThan(0);
  expect(told()).toBe(admitted);
  await asked(90, 1, 0);
  expect(told()).toBeUndefined();
  expect((await listDecisions(database.db, id, 1))[0]?.alternatives[0]).toMatchObject({ kind: "admit", admitPerSecond: null });
});

test("bad settings are refused with what and where", async () => {
  const id = await fleet.deploy();
  await expect(setAdaptation(fleet.deps, { deploymentId: id, change: { protectedWindows: [{ fromMinute: -1, toMinute: 3 }] }, actor: "test" })).rejects.toThrow("minutes after midnight");
  await expect(setAdaptation(fleet.deps, { deploymentId: "dep_none", change: { mode: "observe" }, actor: "test" })).rejects.toThrow("no deployment");
});
