// Owns the edits of a placement: which layers lie where. Pure. A draft may have holes; the checks say so.
import type { SessionOptions } from "../../agents/protocol/control.ts";
import type { LayerRange } from "../../server/model/model.ts";
import { sameMode } from "../../server/planner/node-modes.ts";
import type { Placement, StagePlacement } from "../../server/planner/plan.ts";

/** Puts layers on a node. What lay there before makes room; neighbours on the same node become one stage. */
export function assign(placement: Placement, range: LayerRange, topologyNodeId: string): Placement {
  if (range.to <= range.from) return placement;
  return normalise([...clear(placement, range), { ...range, topologyNodeId }]);
}

/** The mode of one stage; undefined = the default one. */
export function setMode(placement: Placement, stageIndex: number, session: SessionOptions | undefined): Placement {
  return placement.map(({ session: _before, ...stage }, index) => (index === stageIndex ? { ...stage, ...(session ? { session } : {}) } : (placement[index] as StagePlacement)));
}

/** Takes layers off their nodes. */
export function clear(placement: Placement, range: LayerRange): Placement {
  return placement.flatMap((stage): StagePlacement[] => {
    if (stage.to <= range.from || stage.from >= range.to) return [stage];
    const rest: StagePlacement[] = [];
    if (stage.from < range.from) rest.push({ ...stage, to: range.from });
    if (stage.to > range.to) rest.push({ ...stage, from: range.to });
    return rest;
  });
}

/** Moves the border between two neighbouring stages to `at`, within their outer ends; each keeps one layer at least. */
export function moveBorder(placement: Placement, leftIndex: number, at: number): Placement {
  const left = placement[leftIndex];
  const right = placement[leftIndex + 1];
  if (!left || !right || left.to !== right.from) return placement;
  const border = Math.max(left.from + 1, Math.min(right.to - 1, at));
  if (border === left.to) return placement;
  return placement.map((stage, index) => (index === leftIndex ? { ...stage, to: border } : index === leftIndex + 1 ? { ...stage, from: border } : stage));
}

/** Where a range most likely goes: to the node before it in the chain, else to the one after; null when neither differs from where it lies. */
export function neighbourNode(placement: Placement, range: LayerRange): string | null {
  const holder = placement.find((stage) => stage.from <= range.from && stage.to > range.from)?.topologyNodeId;
  const before = placement.find((stage) => stage.to === range.from)?.topologyNodeId;
  const after = placement.find((stage) => stage.from === range.to)?.topologyNodeId;
  return [before, after].find((id) => id !== undefined && id !== holder) ?? null;
}

function normalise(placement: Placement): Placement {
  const merged: StagePlacement[] = [];
  for (const stage of [...placement].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && last.to === stage.from && last.topologyNodeId === stage.topologyNodeId) merged[merged.length - 1] = { ...stage, ...last, to: stage.to };
    else merged.push(stage);
  }
  return merged;
}

/** The same layers on the same node in the same mode. */
export const sameStage = (a: StagePlacement, b: StagePlacement): boolean => a.from === b.from && a.to === b.to && a.topologyNodeId === b.topologyNodeId && sameMode(a.session, b.session);
export const samePlacement = (a: Placement, b: Placement): boolean => a.length === b.length && a.every((stage, index) => sameStage(stage, b[index] as StagePlacement));
