import { AppError } from "../errors.ts";
import type { Db, Tx } from "../store/db.ts";
import { findNode } from "../store/nodes.ts";

export const MAX_INGRESS_NODES = 8;

/** The nodes where requests enter, each once. @throws AppError bad-request (none, too many), not-found */
export async function checkIngress(db: Db | Tx, nodeIds: readonly string[]): Promise<string[]> {
  const unique = [...new Set(nodeIds)];
  if (unique.length === 0 || unique.length > MAX_INGRESS_NODES) throw new AppError("bad-request", `Requests enter at 1 to ${MAX_INGRESS_NODES} nodes.`, { place: "ingressNodeIds", fix: "Name as many of the fleet, each once." });
  for (const nodeId of unique) {
    const node = await findNode(db, nodeId);
    if (!node || node.removedAt) throw new AppError("not-found", `There is no node ${nodeId}.`, { place: "ingressNodeIds", fix: "Take ids from the list of nodes." });
  }
  return unique;
}
