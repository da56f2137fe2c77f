import { expect, test } from "vitest";
import { MAX_UNLOADED_ROUTES } from "../../agents/protocol/repository-call.ts";
import { desiredOf } from "./desired.ts";
import type { DeploymentView } from "./snapshot.ts";
import { deployment, node, revision, snapshot } from "./testdata/fleet.ts";

const first = revision(1, ["a", "b"], ["a"]);
const view = (over: Partial<DeploymentView>): DeploymentView => deployment([first], over);
const told = (one: DeploymentView, ...others: DeploymentView[]) => {
  const seen = snapshot(one, [node("a"), node("b")]);
  const documents = desiredOf({ ...seen, deployments: [one, ...others] });
  return ["a", "b"].map((nodeId) => documents.get(nodeId)?.unloaded);
};
const OFF = { deploymentId: "dep_1", modelName: "upright", version: "1", reason: "unloaded", keyHashes: ["k"] };

test("what was stopped, or failed to start, is told where it is entered, so that it can be loaded there; what serves or is on its way is not", () => {
  expect(told(view({}))).toEqual([undefined, undefined]);
  expect(told(view({ desired: "stopped", keyHashes: ["k"] }))).toEqual([[OFF], undefined]);
  expect(told(view({ currentRevisionId: null, lastFailure: "node b left", keyHashes: ["k"] }))).toEqual([[{ ...OFF, version: "", reason: "node b left" }], undefined]);
  expect(told(view({ currentRevisionId: null, migration: { migrationId: "m", fromRevisionId: null, toRevisionId: first.revisionId, state: "warm", stateSinceMs: 0, cancelRequested: false, operationId: "o", reason: "" } }))).toEqual([undefined, undefined]);
});

test("a rig is its analysis's, and a document has no more than an agent takes, in an order of its own", () => {
  const rig = view({ desired: "stopped" });
  expect(told({ ...rig, settings: { ...rig.settings, rigOf: "ana_1" } })).toEqual([undefined, undefined]);
  const [one, ...others] = Array.from({ length: MAX_UNLOADED_ROUTES + 1 }, (_, index) => view({ desired: "stopped", deploymentId: `dep_${String(999 - index)}` }));
  const [routes] = told(one!, ...others);
  expect(routes).toHaveLength(MAX_UNLOADED_ROUTES);
  expect(routes?.[0]?.deploymentId).toBe(`dep_${999 - MAX_UNLOADED_ROUTES}`);
});
