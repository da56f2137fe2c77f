// Owns which layer ranges of a model run as stages now: what its deployments' current revisions hold.
import type { LayerRange } from "../model/model.ts";
import type { RevisionStage } from "../policy/snapshot.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson } from "./json.ts";

export async function listStageRanges(db: Db | Tx, modelId: string): Promise<LayerRange[]> {
  const deployments = await db.deployment.findMany({ where: { modelId, deletedAt: null, currentRevisionId: { not: null } }, select: { currentRevisionId: true } });
  const ids = deployments.flatMap(({ currentRevisionId }) => (currentRevisionId === null ? [] : [currentRevisionId]));
  const revisions = await db.revision.findMany({ where: { id: { in: ids } }, select: { stages: true } });
  return revisions.flatMap((revision) => fromJson<RevisionStage[]>(revision.stages).map(({ from, to }) => ({ from, to })));
}
