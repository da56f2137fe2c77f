// A console that has just started, or taken over, has heard of few nodes: what they run goes on.
import { expect, test } from "vitest";
import { desiredOf } from "./desired.ts";
import { drainLimitMs } from "./drain-limit.ts";
import { nextMigrationStep } from "./migration.ts";
import type { DeploymentView, MigrationState, NodeView } from "./snapshot.ts";
import { deployment, moving, node, NOW_MS, reportIngress, reportReady, revision, snapshot } from "./testdata/fleet.ts";
import { unheardOf } from "./unheard-nodes.ts";

const old = revision(1, ["a", "b"]);
const next = revision(2, ["a", "c"]);
const UNHEARD: [string, Partial<NodeView>][] = [
  ["not connected yet", { connected: false, presence: "connecting" }],
  ["silent within its limit", { connected: false, presence: "late" }],
  ["connected, its first report under way", { untold: true }],
];

/** All report that nothing is in flight, but for `nodeId`. */
const fleet = (nodeId: string, change: Partial<NodeView>): NodeView[] =>
  reportReady(["a", "b", "c"].map((id) => node(id)), [old, next]).map((one) => (one.nodeId === "a" ? reportIngress(one, [1, 2], 2) : one)).map((one) => (one.nodeId === nodeId ? { ...one, ...change } : one));
const decide = (one: DeploymentView, nodes: NodeView[]) => nextMigrationStep(snapshot(one, nodes), one, NOW_MS);
function at(state: MigrationState, sinceMs = 2_000): DeploymentView {
  const made = moving([old, next], state, { stateSinceMs: NOW_MS - sinceMs });
  return { ...made, migration: made.migration && { ...made.migration, ...(state === "pause" ? { pause: { nodeIds: ["a"], allowedMs: 60_000 } } : {}) } };
}

test.each(UNHEARD)("a node that is %s keeps a drain, a pause and a roll back waiting, and is named; one that is lost or has told does not", (_name, change) => {
  const leaves: [MigrationState, string, MigrationState][] = [["drain", "b", "retire"], ["pause", "b", "unload"], ["rolling-back", "c", "rolled-back"]];
  for (const [state, nodeId, to] of leaves) {
    expect(decide(at(state), fleet(nodeId, change)), state).toMatchObject({ action: "wait", reason: expect.stringContaining(`before node ${nodeId} is heard`) });
    expect(decide(at(state), fleet(nodeId, { connected: false, presence: "lost" })), state).toMatchObject({ action: "step", to });
    expect(decide(at(state), fleet(nodeId, {})), state).toMatchObject({ action: "step", to });
  }
});

test("it is waited for no longer than requests may take, and a node of the other revision not at all", () => {
  const away = { connected: false, presence: "late" } as const;
  const limitMs = drainLimitMs(at("drain").settings);
  expect(decide(at("drain", limitMs), fleet("a", away))).toMatchObject({ action: "wait" });
  expect(decide(at("drain", limitMs + 1), fleet("a", away))).toMatchObject({ action: "step", to: "retire", reason: expect.stringContaining("passed its deadline") });
  expect(decide(at("drain"), fleet("c", away))).toMatchObject({ action: "step", to: "retire" });
});

test("a stop keeps what runs until every node that is there has told that nothing is in flight", () => {
  const stopped = deployment([old], { desired: "stopped" });
  stopped.settings = { ...stopped.settings, stoppedAtMs: NOW_MS - 5_000 };
  const runsOn = (change: Partial<NodeView>) => desiredOf(snapshot(stopped, fleet("b", change))).get("b")?.assignments.length;
  expect(UNHEARD.map(([, change]) => runsOn(change))).toEqual([1, 1, 1]);
  expect([runsOn({}), runsOn({ connected: false, presence: "lost" })]).toEqual([0, 0]);
});

test("nodes that have left the fleet are asked for nothing", () => {
  expect(unheardOf(old, new Map())).toBeNull();
  expect(unheardOf(old, new Map(["a", "b"].map((id) => [id, node(id, { untold: true })])))).toBe("What is in flight is not known before node a, node b are heard.");
});
