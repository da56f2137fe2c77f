// The past of a deployment on a real database: what served when, on which drawing, with which figures.
import { beforeEach, expect, test } from "vitest";
import { deployPlan } from "../commands/deploy-plan.ts";
import { saveTopology } from "../commands/save-topology.ts";
import { stopDeployment } from "../commands/stop-deployment.ts";
import { type ScriptedFleet, startScriptedFleet } from "../control/testdata/scripted-fleet.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { insertDecision } from "../store/adapt-decisions.ts";
import { METRIC_RETENTION_MS, saveMetricWindows } from "../store/metrics.ts";
import { deleteOldTopologyRevisions, KEPT_PER_TOPOLOGY } from "../store/topology-revisions.ts";
import { findTopology } from "../store/topologies.ts";
import { readReplayMoment, readReplayTrack } from "./read-replay.ts";

const database = withTestDatabase();
let fleet: ScriptedFleet;
beforeEach(async () => {
  await database.clear();
  fleet = await startScriptedFleet(database.db);
});
const now = () => new Date(fleet.clock.nowMs);

async function rename(nodeName: string): Promise<number> {
  const drawing = await findTopology(database.db, "top_x");
  if (!drawing) throw new Error("no drawing");
  const nodes = drawing.document.nodes.map((node, index) => (index === 0 ? { ...node, name: nodeName } : node));
  return (await saveTopology(fleet.deps, { id: "top_x", baseRevision: drawing.revision, document: { ...drawing.document, nodes } }, "test")).revision;
}

test("a moment before, in and after a move: what served, the step it was in, and the drawing of then", async () => {
  const begin = now();
  const id = await fleet.deploy();
  await rename("first name");
  const before = now();
  fleet.clock.nowMs += 2_000;
  await fleet.makePlan("pln_2", ["nod_a", "nod_c"]);
  await deployPlan(fleet.deps, { deploymentId: id, planId: "pln_2", expectedRevision: 1, actor: "test" });
  const during = now();
  await fleet.run(10);
  await rename("second name");
  const after = now();
  const nameAt = async (at: Date) => (await readReplayMoment(fleet.deps, id, at)).topology.document.nodes[0]?.name;
  expect(await readReplayMoment(fleet.deps, id, begin)).toMatchObject({ serving: null, servingWhy: "It had not served yet.", topology: { isKept: false } });
  expect(await readReplayMoment(fleet.deps, id, before)).toMatchObject({ serving: { revision: 1, stages: [{ nodeId: "nod_a" }, { nodeId: "nod_b" }] }, move: null, topology: { isKept: true } });
  expect(await readReplayMoment(fleet.deps, id, during)).toMatchObject({ serving: { revision: 1 }, move: { toRevision: 2, state: "prepare" } });
  expect(await readReplayMoment(fleet.deps, id, after)).toMatchObject({ serving: { revision: 2, predictedFrom: "estimated", stages: [{ nodeId: "nod_a" }, { nodeId: "nod_c" }] }, servingWhy: "Requests went to revision 2.", move: null });
  expect([await nameAt(before), await nameAt(after)]).toEqual(["first name", "second name"]);
  fleet.clock.nowMs += 5_000;
  await stopDeployment(fleet.deps, { deploymentId: id, actor: "test" });
  expect(await readReplayMoment(fleet.deps, id, now())).toMatchObject({ serving: null, servingWhy: "It was stopped." });
  const track = await readReplayTrack(fleet.deps, id, { from: begin, to: now() });
  expect(track.marks.map((mark) => mark.text)).toEqual(["Requests went to revision 1.", "Requests went to revision 2.", "It was stopped."]);
});

test("figures of the ten seconds a moment lies in, and the last decision before it", async () => {
  const id = await fleet.deploy();
  const window = new Date(Math.ceil(fleet.clock.nowMs / 10_000) * 10_000);
  await saveMetricWindows(database.db, [
    { scope: "deployment", scopeId: id, at: window, values: { requestsPerSecond: 4, errorsPerSecond: 0, latencyMsP50: 12, latencyMsP99: 20, predictedLatencyMs: 11, thought: { verdict: "drift-waits", reason: "Regret is 0.20 of 1.00 s.", regret: 0.2, needed: 1, drifts: [{ kind: "node", name: "b", factor: 1.7 }], isBurning: null } } },
    { scope: "node", scopeId: "nod_b", at: window, values: { cpuRatio: 0.5, memoryUsedBytes: 7, cores: 1.5, celsius: null, throttled: true, stages: [{ deploymentId: id, stageIndex: 1, epoch: 1, computeMsP50: 3, queueMsP50: 1 }, { deploymentId: "dep_other", stageIndex: 0, epoch: 1, computeMsP50: 9, queueMsP50: 9 }] } },
    { scope: "link", scopeId: "nod_a>nod_b", at: window, values: { rttMs: 2, bandwidthBytesPerSecond: 1e8, bytesPerSecond: 5 } },
  ]);
  await insertDecision(database.db, { deploymentId: id, at: window, mode: "suggest", verdict: "wait", outcome: "kept", reason: "Too soon.", trigger: [], snapshotDigest: "", alternatives: [], chosen: null, costNow: null, predictedGain: null, realisedGain: null, needed: null, regret: null, planId: null, migrationId: null, operationId: null, decidedBy: "control" });
  expect((await readReplayMoment(fleet.deps, id, window)).figures).toBeNull();
  fleet.clock.nowMs = window.getTime() + 60_000;
  const at = (offsetMs: number) => readReplayMoment(fleet.deps, id, new Date(window.getTime() + offsetMs));
  expect(await at(9_999)).toMatchObject({ figures: { latencyMsP50: 12, pipelineMsP50: 12 }, thought: { regret: 0.2, drifts: [{ name: "b", factor: 1.7 }] }, nodes: { nod_b: { cpuRatio: 0.5, queueLength: null, cores: 1.5, throttled: true, stages: [{ stageIndex: 1, computeMs: 3, queueMs: 1 }] } }, links: { "nod_a>nod_b": { rttMs: 2 } }, decision: { reason: "Too soon." } });
  expect((await at(0)).nodes.nod_b?.stages).toHaveLength(1);
  expect(await at(10_000)).toMatchObject({ figures: null, thought: null, nodes: {}, links: {}, decision: { reason: "Too soon." } });
  expect((await at(-1)).decision).toBeNull();
});

test("a long span is thinned to means and the worst; a bad one is refused", async () => {
  const id = await fleet.deploy();
  const fromMs = Math.floor(fleet.clock.nowMs / 10_000) * 10_000;
  await saveMetricWindows(database.db, Array.from({ length: 1_440 }, (_, index) => ({ scope: "deployment" as const, scopeId: id, at: new Date(fromMs + index * 10_000), values: { requestsPerSecond: index % 2, errorsPerSecond: 0, latencyMsP50: null, latencyMsP99: index % 2 === 0 ? 5 : 50, pipelineMsP50: 2 + (index % 2), predictedLatencyMs: 11 } })));
  const track = await readReplayTrack(fleet.deps, id, { from: new Date(fromMs), to: new Date(fromMs + 4 * 3_600_000) });
  expect(track.points).toHaveLength(720);
  expect(track.points[3]).toMatchObject({ requestsPerSecond: 0.5, latencyMsP50: null, latencyMsP99: 50, pipelineMsP50: 2.5 });
  for (const [from, to] of [[5, 4], [0, METRIC_RETENTION_MS + 1]] as const) await expect(readReplayTrack(fleet.deps, id, { from: new Date(from), to: new Date(to) })).rejects.toMatchObject({ code: "bad-request", place: "from" });
});

test("drawings are kept as long as figures, the one that was drawn at that border too, and of a busy drawing a bounded number", async () => {
  const start = fleet.clock.nowMs;
  for (const [offset, name] of [[0, "a"], [1_000, "b"], [2_000, "c"]] as const) {
    fleet.clock.nowMs = start + offset;
    await rename(name);
  }
  expect(await deleteOldTopologyRevisions(database.db, new Date(start + 1_500), 10)).toBe(1);
  expect((await database.db.topologyRevision.findMany({ orderBy: { revision: "asc" } })).map((row) => row.revision)).toEqual([3, 4]);
  expect(await deleteOldTopologyRevisions(database.db, new Date(start + 9e9), 10)).toBe(1);
  await database.db.topology.update({ where: { id: "top_x" }, data: { revision: KEPT_PER_TOPOLOGY + 10 } });
  expect(await rename("d")).toBe(KEPT_PER_TOPOLOGY + 11);
  expect((await database.db.topologyRevision.findMany()).map((row) => row.revision)).toEqual([KEPT_PER_TOPOLOGY + 11]);
});
