// Owns the documents nodes were told last, for whichever console they are connected to.
import type { Desired } from "../../agents/protocol/control.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson } from "./json.ts";

export type StoredDocument = { nodeId: string; version: number; hash: string; document: Desired };

/** One statement for many; a row never goes back to an older version. */
export async function saveDesiredDocuments(db: Db | Tx, documents: StoredDocument[]): Promise<void> {
  if (documents.length === 0) return;
  await db.$executeRaw`
    INSERT INTO "DesiredDocument" ("nodeId", version, hash, document)
    SELECT * FROM jsonb_to_recordset(${JSON.stringify(documents)}::jsonb) AS d("nodeId" text, version int, hash text, document jsonb)
    ON CONFLICT ("nodeId") DO UPDATE SET version = excluded.version, hash = excluded.hash, document = excluded.document WHERE "DesiredDocument".version <= excluded.version`;
}

export async function listDesiredVersions(db: Db | Tx, nodeIds: string[]): Promise<Map<string, number>> {
  const rows = await db.desiredDocument.findMany({ where: { nodeId: { in: nodeIds } }, select: { nodeId: true, version: true } });
  return new Map(rows.map((row) => [row.nodeId, row.version]));
}

export async function listDesiredDocuments(db: Db | Tx, nodeIds: string[]): Promise<StoredDocument[]> {
  const rows = await db.desiredDocument.findMany({ where: { nodeId: { in: nodeIds } } });
  return rows.map((row) => ({ ...row, document: fromJson<Desired>(row.document) }));
}

export async function deleteDesiredDocument(tx: Tx, nodeId: string): Promise<void> {
  await tx.desiredDocument.deleteMany({ where: { nodeId } });
}
