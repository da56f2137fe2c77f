// Says what an action on a node would do, from its rows and what it says now. Does nothing.
import { liveFleet } from "../live/live-fleet.ts";
import { nodePresence } from "../live/node-presence.ts";
import type { ActionPreview } from "../policy/action-preview.ts";
import { type NodeAction, previewNode as previewOf } from "../policy/preview-node.ts";
import { findNode } from "../store/nodes.ts";
import { listOperations } from "../store/operations.ts";
import { listTopologies } from "../store/topologies.ts";
import { deploymentsOnNode } from "./deployments-on-node.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { stoppedOnNode } from "./preview-drain.ts";

/** @throws AppError not-found */
export async function previewNode(deps: Deps, input: { nodeId: string; action: NodeAction }): Promise<ActionPreview> {
  const node = await findOrThrow(findNode(deps.db, input.nodeId).then((found) => (found?.removedAt ? null : found)), "node", input.nodeId);
  const [users, stopped, drains, topologies] = await Promise.all([
    deploymentsOnNode(deps.db, node.id),
    stoppedOnNode(deps, node.id),
    listOperations(deps.db, { status: "running", kind: "drain", subjectId: node.id, limit: 1 }),
    listTopologies(deps.db),
  ]);
  const fleet = liveFleet(deps.db);
  return previewOf(input.action, {
    name: node.name,
    cordoned: node.cordoned,
    isDraining: drains.length > 0,
    online: nodePresence(fleet, node, deps.clock.now()).presence === "online",
    heldSegments: (fleet.nodes.get(node.id)?.assignments ?? node.observed?.assignments ?? []).length,
    usedBy: users.map((one) => one.deployment.name),
    stoppedHere: stopped.map((one) => one.name),
    drawings: topologies.filter(({ document }) => document.nodes.some((drawn) => drawn.nodeId === node.id)).map(({ name, followsFleet }) => ({ name, followsFleet })),
  });
}
