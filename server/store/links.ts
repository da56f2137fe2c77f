// Owns rows of measured links between enrolled nodes: the last probe of each direction.
import type { LiveLink } from "../topology/topology.ts";
import type { Db, Tx } from "./db.ts";

export type StoredLink = LiveLink & { error: string | null };

/** All, or those that start or end at a node. */
export async function listLinks(db: Db | Tx, nodeId?: string): Promise<StoredLink[]> {
  const rows = await db.linkObserved.findMany({ where: nodeId === undefined ? {} : { OR: [{ fromNodeId: nodeId }, { toNodeId: nodeId }] } });
  return rows.map((row) => ({ ...row, measuredAt: row.measuredAt.toISOString() }));
}

/** Newer probes replace older ones. One statement for many. */
export async function saveLinks(db: Db | Tx, links: StoredLink[]): Promise<void> {
  if (links.length === 0) return;
  await db.$executeRaw`
    INSERT INTO "LinkObserved" ("fromNodeId", "toNodeId", "rttMs", "rttSdMs", "bandwidthBytesPerSecond", error, "measuredAt")
    SELECT * FROM jsonb_to_recordset(${JSON.stringify(links)}::jsonb)
      AS l("fromNodeId" text, "toNodeId" text, "rttMs" float8, "rttSdMs" float8, "bandwidthBytesPerSecond" float8, error text, "measuredAt" timestamp(3))
    ON CONFLICT ("fromNodeId", "toNodeId") DO UPDATE SET "rttMs" = excluded."rttMs", "rttSdMs" = excluded."rttSdMs",
      "bandwidthBytesPerSecond" = coalesce(excluded."bandwidthBytesPerSecond", "LinkObserved"."bandwidthBytesPerSecond"), error = excluded.error, "measuredAt" = excluded."measuredAt"`;
}

export async function deleteLinksOf(tx: Tx, nodeId: string): Promise<void> {
  await tx.linkObserved.deleteMany({ where: { OR: [{ fromNodeId: nodeId }, { toNodeId: nodeId }] } });
}
