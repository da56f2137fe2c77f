// Owns asking what a move will bring over the network: its segments and files from rows, what nodes hold from memory.
import type { SegmentSpec } from "../../agents/protocol/control.ts";
import { heldByNode } from "../live/held-by-node.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { type FetchBill, fetchBill } from "../policy/fetch-bill.ts";
import { findArtifact } from "../store/artifacts.ts";
import type { Db, Tx } from "../store/db.ts";
import { findModel } from "../store/models.ts";
import { findCheckDigest } from "../store/plans.ts";
import { findSegment } from "../store/segments.ts";
import type { Deps } from "./deps.ts";

export type BillMoveInput = { planId: string; modelId: string; stages: readonly { from: number; to: number; nodeId: string }[]; /** Where requests will enter. */ entryNodeIds: readonly string[] };

/** Null where a segment was never made: then nothing exact can be said. */
export async function billMove(deps: Pick<Deps, "db">, db: Db | Tx, { planId, modelId, stages, entryNodeIds }: BillMoveInput): Promise<FetchBill | null> {
  const segments: SegmentSpec[] = [];
  for (const { from, to } of stages) {
    const found = await findSegment(db, modelId, { from, to });
    if (!found) return null;
    segments.push(found.spec);
  }
  const [model, digest] = await Promise.all([findModel(db, modelId), findCheckDigest(db, planId)]);
  const check = digest === null ? null : await findArtifact(db, digest);
  const files = [...(model?.processorFiles ?? []), ...(check ? [check] : [])];
  const fleet = liveFleet(deps.db);
  return fetchBill({
    stages: stages.map(({ nodeId }, k) => ({ nodeId, segment: segments[k] as SegmentSpec })),
    entries: [...new Set(entryNodeIds)].map((nodeId) => ({ nodeId, files })),
    heldOf: (nodeId) => heldByNode(fleet, nodeId),
  });
}
