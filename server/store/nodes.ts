// Owns rows of enrolled nodes and of what they reported last.
import type { Hardware, ObservedAssignment, ObservedIngress, ObservedMeasure } from "../../agents/protocol/control.ts";
import type { Node, NodeObserved } from "../../prisma/generated/client.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";

export type StoredObserved = {
  hardware: Hardware;
  bootId: string;
  dataHost: string;
  dataPort: number;
  cursor: number;
  lastSeenAt: Date;
  assignments: ObservedAssignment[];
  ingress: ObservedIngress[];
  measures: ObservedMeasure[];
};
export type StoredNode = {
  id: string;
  name: string;
  cordoned: boolean;
  removedAt: Date | null;
  certificateFingerprint: string;
  certificateExpiresAt: Date;
  enrolledAt: Date;
  enrolledBy: string;
  /** Null = it waits for approval and gets no work. */
  approvedAt: Date | null;
  approvedBy: string | null;
  desiredVersion: number;
  desiredHash: string;
  observed: StoredObserved | null;
};

/** Enrolled and not removed, by name. */
export async function listNodes(db: Db | Tx): Promise<StoredNode[]> {
  const rows = await db.node.findMany({ where: { removedAt: null }, include: { observed: true }, orderBy: { name: "asc" } });
  return rows.map(toNode);
}

/** Removed ones too. */
export async function findNode(db: Db | Tx, id: string): Promise<StoredNode | null> {
  const row = await db.node.findUnique({ where: { id }, include: { observed: true } });
  return row && toNode(row);
}

export async function findNodeByFingerprint(db: Db | Tx, fingerprint: string): Promise<StoredNode | null> {
  const row = await db.node.findFirst({ where: { certificateFingerprint: fingerprint }, include: { observed: true } });
  return row && toNode(row);
}

export async function takenNodeNames(db: Db | Tx, prefix: string): Promise<Set<string>> {
  const rows = await db.node.findMany({ where: { name: { startsWith: prefix } }, select: { name: true } });
  return new Set(rows.map((row) => row.name));
}

export type NewNode = Pick<StoredNode, "id" | "name" | "certificateFingerprint" | "certificateExpiresAt" | "enrolledAt" | "enrolledBy" | "approvedAt" | "approvedBy">;
export async function insertNode(tx: Tx, node: NewNode): Promise<void> {
  await tx.node.create({ data: node });
}

export async function updateNode(db: Db | Tx, id: string, data: Partial<Pick<StoredNode, "name" | "cordoned" | "removedAt" | "approvedAt" | "approvedBy" | "certificateFingerprint" | "certificateExpiresAt" | "desiredVersion" | "desiredHash">>): Promise<void> {
  await db.node.update({ where: { id }, data });
}

/** The whole picture of one node. */
export async function saveObserved(db: Db | Tx, nodeId: string, observed: StoredObserved): Promise<void> {
  const { assignments, ingress, measures, hardware, ...rest } = observed;
  const data = { ...rest, hardware: toJson(hardware), assignments: toJson(assignments), ingress: toJson(ingress), measures: toJson(measures) };
  await db.nodeObserved.upsert({ where: { nodeId }, create: { nodeId, ...data }, update: data });
}

export type ObservedChange = { nodeId: string; cursor: number; lastSeenAt: Date; assignments: ObservedAssignment[]; ingress: ObservedIngress[]; measures: ObservedMeasure[] };

/** One statement for many nodes: row by row a thousand of them would take seconds. */
export async function updateObserved(db: Db | Tx, changes: ObservedChange[]): Promise<void> {
  if (changes.length === 0) return;
  const json = JSON.stringify(changes.map((change) => ({ ...change, lastSeenAt: change.lastSeenAt.toISOString() })));
  await db.$executeRaw`
    UPDATE "NodeObserved" AS o SET cursor = c.cursor, "lastSeenAt" = c."lastSeenAt", assignments = c.assignments, ingress = c.ingress, measures = c.measures
    FROM jsonb_to_recordset(${json}::jsonb) AS c("nodeId" text, cursor int, "lastSeenAt" timestamp(3), assignments jsonb, ingress jsonb, measures jsonb)
    WHERE o."nodeId" = c."nodeId"`;
}

export type DesiredVersion = { desiredVersion: number; desiredHash: string };

/** By node id; removed nodes are absent. */
export async function readDesiredVersions(db: Db | Tx): Promise<Map<string, DesiredVersion>> {
  const rows = await db.node.findMany({ where: { removedAt: null }, select: { id: true, desiredVersion: true, desiredHash: true } });
  return new Map(rows.map(({ id, ...version }) => [id, version]));
}

/** Each goes one up from `from`, in one statement; returns the ids whose version was still that. */
export async function raiseDesiredVersions(db: Db | Tx, changes: { id: string; from: number; hash: string }[]): Promise<Set<string>> {
  if (changes.length === 0) return new Set();
  const rows = await db.$queryRaw<{ id: string }[]>`
    UPDATE "Node" AS n SET "desiredVersion" = c."from" + 1, "desiredHash" = c.hash
    FROM jsonb_to_recordset(${JSON.stringify(changes)}::jsonb) AS c(id text, "from" int, hash text)
    WHERE n.id = c.id AND n."desiredVersion" = c."from" RETURNING n.id`;
  return new Set(rows.map((row) => row.id));
}

/** Signs of life alone. */
export async function touchNodes(db: Db | Tx, nodeIds: string[], lastSeenAt: Date): Promise<void> {
  if (nodeIds.length === 0) return;
  await db.nodeObserved.updateMany({ where: { nodeId: { in: nodeIds } }, data: { lastSeenAt } });
}

export function toNode(row: Node & { observed: NodeObserved | null }): StoredNode {
  const { observed, ...node } = row;
  if (!observed) return { ...node, observed: null };
  return {
    ...node,
    observed: {
      hardware: fromJson<Hardware>(observed.hardware),
      bootId: observed.bootId,
      dataHost: observed.dataHost,
      dataPort: observed.dataPort,
      cursor: observed.cursor,
      lastSeenAt: observed.lastSeenAt,
      assignments: fromJson<ObservedAssignment[]>(observed.assignments),
      ingress: fromJson<ObservedIngress[]>(observed.ingress),
      measures: fromJson<ObservedMeasure[]>(observed.measures),
    },
  };
}
