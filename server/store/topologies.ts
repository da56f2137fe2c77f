// Owns rows of topologies. The document's revision grows with every save; the layout has none, because geometry never dirties a plan.
import type { Topology as TopologyRow } from "../../prisma/generated/client.ts";
import type { TopologyDocument, TopologyLayout } from "../topology/topology.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";
import { insertTopologyRevision } from "./topology-revisions.ts";

export type StoredTopology = {
  id: string;
  name: string;
  revision: number;
  document: TopologyDocument;
  layout: TopologyLayout;
  followsFleet: boolean;
  createdAt: string;
  updatedAt: string;
};

export async function insertTopology(db: Db | Tx, topology: { id: string; name: string; document: TopologyDocument; layout: TopologyLayout; followsFleet: boolean; createdAt: Date }): Promise<StoredTopology> {
  const { document, layout, ...rest } = topology;
  const row = await db.topology.create({ data: { ...rest, revision: 1, document: toJson(document), layout: toJson(layout), updatedAt: topology.createdAt } });
  await insertTopologyRevision(db, row.id, { revision: row.revision, at: topology.createdAt, document });
  return toTopology(row);
}

export async function findTopology(db: Db | Tx, id: string): Promise<StoredTopology | null> {
  const row = await db.topology.findFirst({ where: { id, deletedAt: null } });
  return row && toTopology(row);
}

export async function findTopologyByName(db: Db | Tx, name: string): Promise<StoredTopology | null> {
  const row = await db.topology.findFirst({ where: { name, deletedAt: null } });
  return row && toTopology(row);
}

/** Differs whenever the document or a place does. Costs a row's look, not its reading: every open canvas asks for it again and again. */
export async function findTopologyVersion(db: Db | Tx, id: string): Promise<string | null> {
  const rows = await db.$queryRaw<{ version: string }[]>`SELECT revision || '-' || md5(layout::text) AS version FROM "Topology" WHERE id = ${id} AND "deletedAt" IS NULL`;
  return rows[0]?.version ?? null;
}

/** Oldest first. */
export async function listTopologies(db: Db | Tx): Promise<StoredTopology[]> {
  const rows = await db.topology.findMany({ where: { deletedAt: null }, orderBy: { createdAt: "asc" } });
  return rows.map(toTopology);
}

/** Replaces the document if nobody else has since `baseRevision`; null otherwise. */
export async function updateTopologyDocument(db: Db | Tx, id: string, baseRevision: number, document: TopologyDocument, updatedAt: Date): Promise<StoredTopology | null> {
  const changed = await db.topology.updateMany({ where: { id, deletedAt: null, revision: baseRevision }, data: { document: toJson(document), revision: { increment: 1 }, updatedAt } });
  if (changed.count === 0) return null;
  await insertTopologyRevision(db, id, { revision: baseRevision + 1, at: updatedAt, document });
  return findTopology(db, id);
}

/** Positions of the ids given; the others keep theirs. One statement, so that two canvases never undo each other. */
export async function mergeTopologyLayout(db: Db | Tx, id: string, layout: TopologyLayout): Promise<StoredTopology | null> {
  await db.$executeRaw`UPDATE "Topology" SET layout = layout || ${JSON.stringify(layout)}::jsonb WHERE id = ${id} AND "deletedAt" IS NULL`;
  return findTopology(db, id);
}

export async function renameTopology(db: Db | Tx, id: string, name: string, updatedAt: Date): Promise<void> {
  await db.topology.update({ where: { id }, data: { name, updatedAt } });
}

/** Kept for the plans made on it; its name is free again. */
export async function markTopologyDeleted(db: Db | Tx, id: string, deletedAt: Date): Promise<void> {
  const row = await db.topology.findUniqueOrThrow({ where: { id } });
  await db.topology.update({ where: { id }, data: { deletedAt, followsFleet: false, name: `${row.name} (deleted ${id})` } });
}

function toTopology(row: TopologyRow): StoredTopology {
  return {
    id: row.id,
    name: row.name,
    revision: row.revision,
    document: fromJson<TopologyDocument>(row.document),
    layout: fromJson<TopologyLayout>(row.layout),
    followsFleet: row.followsFleet,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
