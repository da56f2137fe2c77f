// Owns which nodes a deployment's model may be measured on whole, and whom that would slow down.
import { AppError } from "../errors.ts";
import { findDeployment, type StoredDeployment } from "../store/deployments.ts";
import { findTopology } from "../store/topologies.ts";
import { type Beside, listBesides } from "./analyze/list-besides.ts";
import type { Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";

export type NodeTarget = { nodeId: string; name: string; topologyNodeId: string; /** Other running deployments with a part on it. */ besides: Pick<Beside, "deploymentId" | "name" | "movesByItself">[] };

/** The enrolled nodes of its drawing, in its order. @throws AppError not-found */
export async function listLoadTargets(deps: Deps, deploymentId: string): Promise<NodeTarget[]> {
  const deployment = await findOrThrow(findDeployment(deps.db, deploymentId), "deployment", deploymentId);
  const [{ document }, besides] = await Promise.all([findOrThrow(findTopology(deps.db, deployment.topologyId), "topology", deployment.topologyId), listBesides(deps)]);
  return document.nodes.flatMap(({ id, nodeId, name }) => (nodeId === null ? [] : [{ nodeId, name, topologyNodeId: id, besides: besides.filter((one) => one.deploymentId !== deploymentId && one.nodeIds.includes(nodeId)).map(({ nodeIds: _, ...one }) => one) }]));
}

/** @throws AppError bad-request (not of its drawing), conflict (others would be slowed down, and nobody said that they may) */
export async function checkNodeTarget(deps: Deps, deployment: Pick<StoredDeployment, "id" | "name">, nodeId: string, besideRunning: boolean): Promise<NodeTarget> {
  const target = (await listLoadTargets(deps, deployment.id)).find((one) => one.nodeId === nodeId);
  if (!target) throw new AppError("bad-request", `${deployment.name}'s drawing has no node ${nodeId}.`, { place: "target.nodeId", fix: "Take one of its load targets, or draw the node." });
  const { name, besides } = target;
  if (besides.length > 0 && !besideRunning) throw new AppError("conflict", `${besides.map((one) => one.name).join(", ")} ${besides.length === 1 ? "runs" : "run"} on ${name} too and may be slowed down while it is measured.`, { place: "besideRunning", fix: "Say besideRunning: true where that is allowed, or choose another node.", details: { besides } });
  return target;
}
