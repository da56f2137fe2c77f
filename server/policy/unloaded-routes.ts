// Owns which deployments nodes are told of that do not run, so that clients see them and may load them there. Pure.
import type { Desired } from "../../agents/protocol/control.ts";
import { MAX_UNLOADED_ROUTES, type UnloadedRoute } from "../../agents/protocol/repository-call.ts";
import type { DeploymentView } from "./snapshot.ts";

/** Adds it where it is entered when it runs. A rig belongs to its analysis: nobody else starts it. */
export function addUnloaded(deployment: DeploymentView, documents: ReadonlyMap<string, Pick<Desired, "unloaded">>): void {
  const route = unloadedRouteOf(deployment);
  if (!route || deployment.settings.rigOf !== undefined) return;
  for (const nodeId of deployment.settings.ingressNodeIds) {
    const document = documents.get(nodeId);
    if (document) document.unloaded = [...(document.unloaded ?? []), route];
  }
}

/** As many as a document may have; which, does not depend on the order they were found in. */
export function boundUnloaded(unloaded: UnloadedRoute[]): UnloadedRoute[] {
  return unloaded.sort((a, b) => (a.deploymentId < b.deploymentId ? -1 : 1)).slice(0, MAX_UNLOADED_ROUTES);
}

/** Null while something of it serves, or is on the way to. */
function unloadedRouteOf({ deploymentId, name, desired, currentRevisionId, revisions, migration, lastFailure, keyHashes }: DeploymentView): UnloadedRoute | null {
  if (desired !== "stopped" && (migration !== null || currentRevisionId !== null)) return null;
  const version = revisions.find((revision) => revision.revisionId === currentRevisionId)?.number.toString() ?? "";
  return { deploymentId, modelName: name, version, reason: desired === "stopped" ? "unloaded" : (lastFailure ?? "no revision serves"), keyHashes };
}
