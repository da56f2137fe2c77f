// Owns which nodes still have to tell clients that a deployment is entered elsewhere now, and where. Pure.
import { MAX_MOVED_ROUTES, type MovedRoute } from "../../agents/protocol/control.ts";
import type { DeploymentView, FleetSnapshot, RevisionView } from "./snapshot.ts";

/** An old address is answered for this long: enough to find the clients that still use it. Its ingress process costs the node memory meanwhile. */
export const MOVED_TOLD_MS = 7 * 24 * 3_600_000;
/** Of one deployment; those left last come first. */
export const MAX_TELLING_NODES = 8;

/** By node id. Empty while nobody knows an address of the new entries. `serving`: the revision that new requests go to; `left`: one that is being left now. */
export function movedRoutesOf(snapshot: FleetSnapshot, deployment: DeploymentView, serving: RevisionView | null, left: RevisionView | null): Map<string, MovedRoute> {
  if (!serving) return new Map();
  const entries = serving.ingressNodeIds.flatMap((nodeId) => {
    const node = snapshot.nodes.get(nodeId);
    const url = node?.ingress.find((route) => route.deploymentId === deployment.deploymentId)?.url ?? "";
    return node && isWebAddress(url) ? [{ nodeName: node.name, url }] : [];
  });
  if (entries.length === 0) return new Map();
  const recent = deployment.formerEntries.filter(({ leftAtMs }) => snapshot.nowMs - leftAtMs < MOVED_TOLD_MS);
  const nodeIds = new Set([...(left?.ingressNodeIds ?? []), ...recent.map(({ nodeId }) => nodeId)].filter((nodeId) => !serving.ingressNodeIds.includes(nodeId) && snapshot.nodes.has(nodeId)));
  const route: MovedRoute = { deploymentId: deployment.deploymentId, modelName: deployment.name, entries, keyHashes: deployment.keyHashes };
  return new Map([...nodeIds].slice(0, MAX_TELLING_NODES).map((nodeId) => [nodeId, route]));
}

/** As many as a document may have; which, does not depend on the order they were found in. */
export function boundMoved(moved: MovedRoute[]): MovedRoute[] {
  return moved.sort((a, b) => (a.deploymentId < b.deploymentId ? -1 : 1)).slice(0, MAX_MOVED_ROUTES);
}

/** An agent said it: nothing else than a place to send requests to becomes one. */
function isWebAddress(url: string): boolean {
  return URL.canParse(url) && ["http:", "https:"].includes(new URL(url).protocol);
}
