// Owns what other deployments leave of a node: the memory their stages hold, and the time of its cores they use. Pure.
import type { HeldByDeployment } from "../topology/topology.ts";
import type { ProblemNode } from "./problem.ts";

/** A node that is busy to the brim still gives a new stage some time; below this share a prediction would be a guess. */
const MIN_SPARE_SHARE = 0.05;
/** Load flickers; predictions shall not. */
const SHARE_STEPS = 20;
/** Threads of one stage (the default session). */
const STAGE_CORES = 1;

/** `exceptDeploymentId`: whose own stages do not count, because they are what is planned anew. */
export function besideOthers(node: ProblemNode, machine: { cores: number; held: readonly HeldByDeployment[] }, exceptDeploymentId: string | null): ProblemNode {
  const others = machine.held.filter((one) => one.deploymentId !== exceptDeploymentId);
  if (others.length === 0) return node;
  const heldBytes = others.reduce((sum, one) => sum + one.bytes, 0);
  const busyCores = others.reduce((sum, one) => sum + one.busyCores, 0);
  const wanted = Math.min(STAGE_CORES, machine.cores);
  const spare = wanted <= 0 ? 1 : Math.min(1, Math.max(MIN_SPARE_SHARE, (machine.cores - busyCores) / wanted));
  const spareShare = Math.max(MIN_SPARE_SHARE, Math.round(spare * SHARE_STEPS) / SHARE_STEPS);
  const slower = (times: readonly number[]) => (spareShare === 1 ? [...times] : times.map((ms) => ms / spareShare));
  return { ...node, heldBytes, spareShare, layerMs: slower(node.layerMs), cumulativeMs: slower(node.cumulativeMs), entryMs: slower(node.entryMs), exitMs: slower(node.exitMs) };
}
