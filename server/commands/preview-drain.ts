// Says what draining a node would do, without doing it: where each deployment's layers would go and what that changes, or why they can't.
import { listDeployments, listRevisions } from "../store/deployments.ts";
import { findNode } from "../store/nodes.ts";
import { deploymentsOnNode } from "./deployments-on-node.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { type DrainedBefore, type DrainedTo, type EntryMove, placeOff, type Reason } from "./place-off.ts";

export type DrainPreview = {
  nodeId: string;
  name: string;
  cordoned: boolean;
  /** Every deployment on it can leave. */
  possible: boolean;
  /** `to` is null where it can't leave: `reasons` says why. `nodes`: names of the drawing's. `entry`: where its requests enter then, when they enter here now. */
  deployments: { deploymentId: string; name: string; nodes: { id: string; name: string }[]; to: DrainedTo | null; entry: EntryMove | null; reasons: Reason[] }[];
  /** Stopped ones that ran there last: to start them again they need a new plan once the node is gone. */
  stoppedHere: { deploymentId: string; name: string }[];
};

/** @throws AppError not-found */
export async function previewDrain(deps: Deps, nodeId: string): Promise<DrainPreview> {
  const node = await findOrThrow(findNode(deps.db, nodeId).then((found) => (found?.removedAt ? null : found)), "node", nodeId);
  const deployments: DrainPreview["deployments"] = [];
  const before: DrainedBefore = { landing: new Map(), entries: new Map() };
  for (const one of await deploymentsOnNode(deps.db, nodeId)) {
    const { deployment, isMoving } = one;
    const reasons: Reason[] = [];
    if (isMoving) reasons.push({ message: `${deployment.name} is being moved.`, fix: "Wait until that is done, or cancel it." });
    const found = reasons.length > 0 ? null : await placeOff(deps, one, nodeId, before);
    if (found && "reasons" in found) reasons.push(...found.reasons);
    const placed = found && "to" in found ? found : null;
    deployments.push({ deploymentId: deployment.id, name: deployment.name, nodes: placed?.nodes ?? [], to: placed?.to ?? null, entry: placed?.entry ?? null, reasons });
  }
  return { nodeId, name: node.name, cordoned: node.cordoned, possible: deployments.every((one) => one.to !== null), deployments, stoppedHere: await stoppedOnNode(deps, nodeId) };
}

export async function stoppedOnNode(deps: Deps, nodeId: string): Promise<DrainPreview["stoppedHere"]> {
  const stopped = (await listDeployments(deps.db)).filter((deployment) => deployment.desired === "stopped");
  const last = await Promise.all(stopped.map(async (deployment) => ({ deployment, revisions: await listRevisions(deps.db, deployment.id) })));
  return last
    .filter(({ deployment, revisions }) => (revisions.find((one) => one.id === deployment.currentRevisionId) ?? revisions[0])?.stages.some((stage) => stage.nodeId === nodeId))
    .map(({ deployment }) => ({ deploymentId: deployment.id, name: deployment.name }));
}
