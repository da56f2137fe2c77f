// Owns what other deployments leave of a node: the memory their stages hold, and the time of its cores they use. Pure.
import type { HeldByDeployment } from "../topology/topology.ts";
import { DEFAULT_SESSION } from "./default-session.ts";
import { slowedTimes } from "./node-modes.ts";
import type { ProblemNode } from "./problem.ts";

/** A node that is busy to the brim still gives a new stage some time; below this share a prediction would be a guess. */
const MIN_SPARE_SHARE = 0.05;
/** Load flickers; predictions shall not. */
const SHARE_STEPS = 20;
/** `exceptDeploymentId`: whose own stages do not count, because they are what is planned anew. */
export function besideOthers(node: ProblemNode, machine: { cores: number; held: readonly HeldByDeployment[] }, exceptDeploymentId: string | null): ProblemNode {
  const others = machine.held.filter((one) => one.deploymentId !== exceptDeploymentId);
  if (others.length === 0) return node;
  const heldBytes = others.reduce((sum, one) => sum + one.bytes, 0);
  const busyCores = others.reduce((sum, one) => sum + one.busyCores, 0);
  const shareOf = (threads: number) => {
    const wanted = Math.min(threads, machine.cores);
    const spare = wanted <= 0 ? 1 : Math.min(1, Math.max(MIN_SPARE_SHARE, (machine.cores - busyCores) / wanted));
    return Math.max(MIN_SPARE_SHARE, Math.round(spare * SHARE_STEPS) / SHARE_STEPS);
  };
  const spareShare = shareOf(DEFAULT_SESSION.intraOpThreads);
  const otherModes = node.otherModes?.map((mode) => ({ ...mode, ...slowedTimes(mode, shareOf(mode.session.intraOpThreads)) }));
  return { ...node, ...(otherModes ? { otherModes } : {}), heldBytes, spareShare, ...slowedTimes(node, spareShare) };
}
