// Owns how a node is shown: its row, and what it says now where it is connected.
import type { z } from "zod";
import type { Deps } from "../commands/deps.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { nodePresence } from "../live/node-presence.ts";
import { listNodes, type StoredNode } from "../store/nodes.ts";
import type { nodeRow } from "./schemas/node-schemas.ts";

export type NodeRow = z.infer<typeof nodeRow>;

/** Enrolled and not removed, by name. */
export async function readNodeRows(deps: Pick<Deps, "db" | "clock">): Promise<NodeRow[]> {
  return (await listNodes(deps.db)).map((node) => toRow(deps, node));
}

/** @throws AppError not-found */
export async function readNodeRow(deps: Pick<Deps, "db" | "clock">, nodeId: string): Promise<NodeRow> {
  const rows = await readNodeRows(deps);
  return findOrThrow(Promise.resolve(rows.find((row) => row.id === nodeId) ?? null), "node", nodeId);
}

function toRow(deps: Pick<Deps, "db" | "clock">, node: StoredNode): NodeRow {
  const fleet = liveFleet(deps.db);
  const live = fleet.nodes.get(node.id);
  const { observed } = node;
  const hasReported = live?.bootId != null;
  const hardware = live?.hardware ?? observed?.hardware ?? null;
  const { presence, seenAtMs } = nodePresence(fleet, node, deps.clock.now());
  const desired = fleet.desired.get(node.id)?.document.assignments ?? [];
  return {
    id: node.id,
    name: node.name,
    status: presence,
    cordoned: node.cordoned,
    approvedAt: node.approvedAt?.toISOString() ?? null,
    approvedBy: node.approvedBy,
    hardware,
    agentVersion: hardware?.agentVersion ?? "",
    lastSeenAt: seenAtMs > 0 ? new Date(seenAtMs).toISOString() : null,
    enrolledAt: node.enrolledAt.toISOString(),
    certificateExpiresAt: node.certificateExpiresAt.toISOString(),
    assignments: hasReported ? live.assignments : (observed?.assignments ?? []),
    ingress: hasReported ? live.ingress : (observed?.ingress ?? []),
    reservedBytes: desired.reduce((sum, assignment) => sum + assignment.segment.memoryBytes, 0),
  };
}
