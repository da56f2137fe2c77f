import { expect, test } from "vitest";
import { type DrainedDeployment, type DrainView, nextDrainStep } from "./next-drain-step.ts";

const node: DrainView["node"] = { name: "gateway", isGone: false, cordoned: true, connected: true, heldStages: 0 };
const one: DrainedDeployment = { deploymentId: "dep_1", name: "upright", isOnNode: true, entersHere: false, isMoving: false, ownMove: null };
const two: DrainedDeployment = { ...one, deploymentId: "dep_2", name: "words" };
const running = { status: "running", message: null } as const;
const done = { status: "succeeded", message: null } as const;

const cases: [string, DrainView, object][] = [
  ["the first deployment moves", { node, deployments: [one, two] }, { action: "move", deploymentId: "dep_1" }],
  ["one after the other", { node, deployments: [{ ...one, isMoving: true, ownMove: running }, two] }, { action: "wait" }],
  ["the next one, once the first has left", { node, deployments: [{ ...one, isOnNode: false, ownMove: done }, two] }, { action: "move", deploymentId: "dep_2" }],
  ["somebody else's move of it ends first", { node, deployments: [{ ...one, isMoving: true }] }, { action: "wait" }],
  ["a move that has nothing to do with the node holds nobody up", { node, deployments: [{ ...one, isOnNode: false, isMoving: true }] }, { action: "done" }],
  ["a move that failed ends the drain, and says why", { node, deployments: [{ ...one, ownMove: { status: "failed", message: "server is lost." } }, two] }, { action: "fail", message: "upright was not moved away: server is lost." }],
  ["a move that was cancelled ends it too", { node, deployments: [{ ...one, ownMove: { status: "cancelled", message: null } }] }, { action: "fail" }],
  ["moved back by somebody: not for ever", { node, deployments: [{ ...one, ownMove: done }] }, { action: "fail" }],
  ["requests that enter there go with it", { node, deployments: [{ ...one, isOnNode: false, entersHere: true }] }, { action: "move", deploymentId: "dep_1" }],
  ["entered there again by somebody: not for ever", { node, deployments: [{ ...one, isOnNode: false, entersHere: true, ownMove: done }] }, { action: "fail" }],
  ["uncordoned meanwhile", { node: { ...node, cordoned: false }, deployments: [one] }, { action: "fail" }],
  ["removed meanwhile", { node: { ...node, isGone: true }, deployments: [] }, { action: "fail" }],
  ["it waits until the node has unloaded", { node: { ...node, heldStages: 2 }, deployments: [] }, { action: "wait", reason: "gateway still unloads 2 segments." }],
  ["a node that is not there says nothing of what it holds", { node: { ...node, connected: false, heldStages: 2 }, deployments: [] }, { action: "done" }],
  ["nothing on it", { node, deployments: [] }, { action: "done" }],
];
test.each(cases)("%s", (_, view, step) => expect(nextDrainStep(view)).toMatchObject(step));
