// Owns the order of a drain: from what is seen of the node and its deployments, cordon it, move one deployment, wait, give up, or say that it is
// done. Pure. A drain has no state of its own but its operation and the moves that carry its key, so a console that restarts goes on with it.
export type DrainView = {
  node: { name: string; /** It has left the fleet. */ isGone: boolean; cordoned: boolean; /** Has a connection, so that `heldStages` is of now. */ connected: boolean; heldStages: number };
  /** Running ones, in the order they are moved. */
  deployments: DrainedDeployment[];
};
export type DrainedDeployment = {
  deploymentId: string;
  name: string;
  /** A stage of what serves, or of what it is being moved to, lies on the node. */
  isOnNode: boolean;
  /** Its requests enter at the node: they enter at another one once it has moved. */
  entersHere: boolean;
  isMoving: boolean;
  /** The move this drain began; null = none yet. */
  ownMove: { status: "running" | "succeeded" | "failed" | "cancelled"; message: string | null } | null;
};

export type DrainStep =
  | { action: "wait"; reason: string }
  | { action: "move"; deploymentId: string; reason: string }
  | { action: "done"; reason: string }
  | { action: "fail"; message: string; fix: string };

export function nextDrainStep({ node, deployments }: DrainView): DrainStep {
  if (node.isGone) return { action: "fail", message: "The node has left the fleet.", fix: "Nothing more is to be done on it." };
  if (!node.cordoned) return { action: "fail", message: `${node.name} was uncordoned while it was drained.`, fix: "Drain it again." };
  for (const { name, ownMove } of deployments) {
    if (ownMove?.status === "failed" || ownMove?.status === "cancelled") return { action: "fail", message: `${name} was not moved away: ${ownMove.message ?? ownMove.status}`, fix: "Move it by hand, then drain again." };
  }
  for (const deployment of deployments.filter((one) => one.isMoving && (one.isOnNode || one.entersHere || one.ownMove))) return { action: "wait", reason: `${deployment.name} is being moved.` };
  for (const { deploymentId, name, ownMove } of deployments.filter((one) => one.isOnNode || one.entersHere)) {
    if (ownMove) return { action: "fail", message: `${name} was moved back to ${node.name} meanwhile.`, fix: "Drain it again." };
    return { action: "move", deploymentId, reason: `${name} leaves ${node.name}.` };
  }
  if (node.connected && node.heldStages > 0) return { action: "wait", reason: `${node.name} still unloads ${node.heldStages} ${node.heldStages === 1 ? "segment" : "segments"}.` };
  return { action: "done", reason: `${node.name} is cordoned and empty.` };
}
