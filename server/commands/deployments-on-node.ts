// Owns which running deployments a node matters to: by a stage of what serves or of what it is being moved to, or as the place where its requests enter.
import type { Db, Tx } from "../store/db.ts";
import { findRevisions, listDeployments, listUnfinishedMigrations, type StoredDeployment, type StoredRevision } from "../store/deployments.ts";

export type DeploymentOnNode = {
  deployment: StoredDeployment;
  /** What serves; null while nothing does. */
  current: StoredRevision | null;
  isMoving: boolean;
  isOnNode: boolean;
  entersHere: boolean;
};

/** By name. */
export async function deploymentsOnNode(db: Db | Tx, nodeId: string): Promise<DeploymentOnNode[]> {
  const running = (await listDeployments(db)).filter((deployment) => deployment.desired === "running");
  const migrations = await listUnfinishedMigrations(db);
  const ids = [...running.map((deployment) => deployment.currentRevisionId), ...migrations.flatMap((migration) => [migration.fromRevisionId, migration.toRevisionId])];
  const revisions = await findRevisions(db, ids.filter((id): id is string => id !== null));
  return running
    .map((deployment) => ({
      deployment,
      current: revisions.find((revision) => revision.id === deployment.currentRevisionId) ?? null,
      isMoving: migrations.some((migration) => migration.deploymentId === deployment.id),
      isOnNode: revisions.some((revision) => revision.deploymentId === deployment.id && revision.stages.some((stage) => stage.nodeId === nodeId)),
      entersHere: deployment.settings.ingressNodeIds.includes(nodeId) || revisions.some((revision) => revision.deploymentId === deployment.id && revision.ingressNodeIds.includes(nodeId)),
    }))
    .filter((one) => one.isOnNode || one.entersHere);
}
