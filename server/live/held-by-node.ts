// Owns what a node's cache is known to hold: as it has told, else what it was told to run.
import type { FileSpans } from "../planner/byte-spans.ts";
import { joinFiles } from "../planner/byte-spans.ts";
import { heldSpans, segmentSpans } from "../policy/fetch-bill.ts";
import type { LiveFleet } from "./live-fleet.ts";

/** By digest. */
export function heldByNode(fleet: LiveFleet, nodeId: string): FileSpans {
  const held = fleet.nodes.get(nodeId)?.held;
  if (held) return heldSpans(held);
  const wanted = fleet.desired.get(nodeId)?.document;
  return joinFiles(...(wanted?.assignments ?? []).map((assignment) => segmentSpans(assignment.segment)));
}
