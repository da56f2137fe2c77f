// Owns what the other nodes say of one that the console does not hear: those who dial its data port are through to it, or are told that nobody listens there. Pure.
import { isLinkedFrom } from "./lane-link.ts";
import type { Assignment, IngressRoute, ObservedAssignment, ObservedIngress } from "../../agents/protocol/control.ts";

/** A node that reports now: what it was told, which names whom it dials, and what it says of that. */
export type Witness = { nodeId: string; desired: { assignments: readonly Assignment[]; ingress: readonly IngressRoute[] }; assignments: readonly ObservedAssignment[]; ingress: readonly ObservedIngress[] };
/** How many of those who dial it say what. `unclear`: neither, as where a try was not answered at all. */
export type Testimony = { reached: number; refused: number; unclear: number };

type Word = "reached" | "refused" | "unclear";

export function testimonyOf(nodeId: string, witnesses: readonly Witness[]): Testimony {
  const testimony: Testimony = { reached: 0, refused: 0, unclear: 0 };
  for (const witness of witnesses) {
    if (witness.nodeId === nodeId) continue;
    const words = [...laneWords(nodeId, witness), ...pipelineWords(nodeId, witness)];
    // One connection that stands says more than several that do not.
    if (words.length > 0) testimony[words.includes("reached") ? "reached" : words.every((word) => word === "refused") ? "refused" : "unclear"] += 1;
  }
  return testimony;
}

/** All who dial it are told by its machine that nobody listens: its agent and its stages do not run. */
export const isGone = ({ reached, refused, unclear }: Testimony): boolean => refused > 0 && reached === 0 && unclear === 0;

/** Each stage dials the one before it, the first one the ingresses. */
function laneWords(nodeId: string, { desired, assignments }: Witness): Word[] {
  const told = new Map(assignments.flatMap(({ lanes }) => lanes.map((lane) => [lane.laneId, lane] as const)));
  return desired.assignments.flatMap(({ lanes }) => lanes).flatMap((lane) => {
    const seen = told.get(lane.laneId);
    return seen && lane.upstream.some((end) => end.nodeId === nodeId) ? [wordOf(nodeId, isLinkedFrom(seen, nodeId) ?? false, seen.refusedBy)] : [];
  });
}

/** An ingress dials the last stage. */
function pipelineWords(nodeId: string, { desired, ingress }: Witness): Word[] {
  return desired.ingress.flatMap(({ deploymentId, pipelines }) => {
    const told = ingress.find((route) => route.deploymentId === deploymentId)?.pipelines ?? [];
    return pipelines.filter((pipeline) => pipeline.last.nodeId === nodeId).flatMap(({ epoch, replica }) => {
      const seen = told.find((one) => one.epoch === epoch && one.replica === replica);
      return seen ? [wordOf(nodeId, seen.linked, seen.refusedBy)] : [];
    });
  });
}

const wordOf = (nodeId: string, linked: boolean, refusedBy: readonly string[] | undefined): Word => (linked ? "reached" : refusedBy?.includes(nodeId) ? "refused" : "unclear");
