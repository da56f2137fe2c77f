// Owns rows of what topologies looked like: one per save of the document, written with it, kept as long as the figures they are shown with.
import type { TopologyDocument } from "../topology/topology.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";

export type TopologyRevision = { revision: number; at: Date; document: TopologyDocument };

/** Of one topology; somebody who edits all day must not fill the disk. */
export const KEPT_PER_TOPOLOGY = 2_000;

export async function insertTopologyRevision(tx: Db | Tx, topologyId: string, { revision, at, document }: TopologyRevision): Promise<void> {
  await tx.topologyRevision.create({ data: { topologyId, revision, at, document: toJson(document) } });
  await tx.topologyRevision.deleteMany({ where: { topologyId, revision: { lte: revision - KEPT_PER_TOPOLOGY } } });
}

/** What was drawn then; before the first that is known, that one. Null = none is known. */
export async function findTopologyRevisionAt(db: Db | Tx, topologyId: string, at: Date): Promise<TopologyRevision | null> {
  const row = (await db.topologyRevision.findFirst({ where: { topologyId, at: { lte: at } }, orderBy: { revision: "desc" } })) ?? (await db.topologyRevision.findFirst({ where: { topologyId }, orderBy: { revision: "asc" } }));
  return row && { revision: row.revision, at: row.at, document: fromJson<TopologyDocument>(row.document) };
}

/** The last of each topology stays, however old: it is what is drawn. At most `limit` a call. Returns how many went. */
export async function deleteOldTopologyRevisions(db: Db | Tx, before: Date, limit: number): Promise<number> {
  // A revision still counts while the next one is younger: it is what was drawn at `before`.
  return db.$executeRaw`
    DELETE FROM "TopologyRevision" WHERE ctid IN (
      SELECT old.ctid FROM "TopologyRevision" old
      WHERE EXISTS (SELECT 1 FROM "TopologyRevision" later WHERE later."topologyId" = old."topologyId" AND later.revision > old.revision AND later.at < ${before})
      LIMIT ${limit})`;
}
