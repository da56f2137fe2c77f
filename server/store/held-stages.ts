// Owns reading which stages revisions have loaded where, with the memory that their plans predicted for each.
import type { SessionOptions } from "../../agents/protocol/control.ts";
import type { Plan } from "../planner/plan.ts";
import type { RevisionStage } from "../policy/snapshot.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson } from "./json.ts";

export type HeldStage = { deploymentId: string; nodeId: string; from: number; to: number; session?: SessionOptions; memoryBytes: number };

export async function listHeldStages(db: Db | Tx, revisionIds: string[]): Promise<HeldStage[]> {
  const rows = await db.revision.findMany({ where: { id: { in: revisionIds } }, select: { deploymentId: true, stages: true, plan: { select: { document: true } } } });
  return rows.flatMap((row) => {
    const { estimate } = fromJson<Plan>(row.plan.document);
    return fromJson<RevisionStage[]>(row.stages).map(({ nodeId, from, to, session, memoryBytes }) => ({ deploymentId: row.deploymentId, nodeId, from, to, ...(session ? { session } : {}), memoryBytes: memoryBytes ?? estimate.stages.find((stage) => stage.from === from && stage.to === to)?.memoryBytes ?? 0 }));
  });
}
