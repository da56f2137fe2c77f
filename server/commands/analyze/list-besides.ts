// Owns which running deployments a measurement on nodes would slow down, and what they answer while it runs.
import { deploymentSample } from "../../live/deployment-sample.ts";
import { liveFleet } from "../../live/live-fleet.ts";
import type { DeploymentView } from "../../policy/snapshot.ts";
import { findRevisions, listDeployments } from "../../store/deployments.ts";
import type { Deps } from "../deps.ts";

export type Beside = { deploymentId: string; name: string; /** Its nodes, of entries and stages. */ nodeIds: string[]; /** Adaptation may move it because it is slowed down. */ movesByItself: boolean };

/** All that run, but rigs: they are no one's. */
export async function listBesides(deps: Deps): Promise<Beside[]> {
  const running = (await listDeployments(deps.db)).filter(({ desired, settings }) => desired === "running" && settings.rigOf === undefined);
  const revisions = await findRevisions(deps.db, running.flatMap(({ currentRevisionId }) => (currentRevisionId === null ? [] : [currentRevisionId])));
  return running.map(({ id, name, settings, adaptation }) => ({
    deploymentId: id, name, movesByItself: adaptation.mode === "automatic",
    nodeIds: [...new Set([...settings.ingressNodeIds, ...revisions.filter(({ deploymentId }) => deploymentId === id).flatMap(({ stages }) => stages.map(({ nodeId }) => nodeId))])],
  }));
}

/** Requests answered in the last second by deployments with a stage or an entry on the rig's nodes. */
export function othersPerSecond(deps: Deps, rigDeploymentId: string): number {
  const fleet = liveFleet(deps.db);
  const deployments = fleet.snapshot?.deployments ?? [];
  const nodesOf = (one: DeploymentView) => [...one.settings.ingressNodeIds, ...one.revisions.flatMap((revision) => revision.stages.map((stage) => stage.nodeId))];
  const own = new Set(deployments.filter((one) => one.deploymentId === rigDeploymentId).flatMap(nodesOf));
  return deployments.filter((one) => one.deploymentId !== rigDeploymentId && one.desired === "running" && nodesOf(one).some((nodeId) => own.has(nodeId))).reduce((sum, one) => sum + deploymentSample(fleet, one, null, deps.clock.now()).requestsPerSecond, 0);
}
