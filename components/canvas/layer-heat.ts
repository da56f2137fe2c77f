// Owns the heat of the layer stack: one figure a layer, of time, weights or bytes at the cut after it. Pure.
import type { LayerRange, ModelFacts } from "../../server/model/model.ts";
import { estimateProfile } from "../../server/model/estimate-profile.ts";
import { modeOf } from "../../server/planner/node-modes.ts";
import type { Placement } from "../../server/planner/plan.ts";
import type { Problem } from "../../server/planner/problem.ts";
import { bytes, ms, type Written, written } from "../format.ts";

export type HeatKind = "time" | "weights" | "cut";
export const HEAT_KINDS: readonly { kind: HeatKind; name: string }[] = [{ kind: "time", name: "Time" }, { kind: "weights", name: "Weights" }, { kind: "cut", name: "Cut" }];

/** `values[layer]`: milliseconds or bytes; null = no legal cut after it. `most`: the largest one, a full bar. */
export type Heat = { kind: HeatKind; name: string; note: string; values: (number | null)[]; most: number; write: (value: number) => Written };

/** Times are those of the node a layer lies on, measured there if it was; layers that lie nowhere show the reference core's estimate. */
export function layerHeat(kind: HeatKind, facts: ModelFacts, problem: Problem | null, placement: Placement): Heat {
  if (kind === "weights") return heat(kind, "weights", "bytes held", facts.layers.map((layer) => layer.weightBytes), bytes);
  if (kind === "cut") return heat(kind, "bytes of a cut after it", "bytes sent if cut after", facts.layers.map((_, index) => (facts.cuts[index]?.legal ? (facts.cuts[index]?.bytes ?? null) : null)), bytes);
  const reference = estimateProfile(facts).layerMs;
  const nodeOf = new Map(problem?.nodes.map((node) => [node.topologyNodeId, node]));
  let placed = 0;
  const values = facts.layers.map((_, index) => {
    const stage = placement.find((one) => one.from <= index && index < one.to);
    const node = stage && nodeOf.get(stage.topologyNodeId);
    const time = node && modeOf(node, stage.session)?.layerMs[index];
    if (time !== undefined) placed++;
    return time ?? reference[index] ?? 0;
  });
  return heat(kind, "time", placed === 0 ? "reference core, est." : placed === values.length ? "on their nodes" : "on their nodes, else est.", values, ms);
}

/** A scope's figure: the sum of its layers; for cuts, that after its last layer. The bar is the share of the hottest layer, for a scope of its average one. */
export function rangeHeat({ kind, values, most, write }: Heat, { from, to }: LayerRange): { share: number; text: string } {
  const own = kind === "cut" ? values.slice(to - 1, to) : values.slice(from, to);
  const known = own.filter((value) => value !== null);
  if (known.length === 0) return { share: 0, text: to === values.length && kind === "cut" ? "end" : "no cut" };
  const sum = known.reduce((all, value) => all + value, 0);
  return { share: most > 0 ? Math.min(1, sum / known.length / most) : 0, text: written(write(sum)) };
}

function heat(kind: HeatKind, name: string, note: string, values: (number | null)[], write: Heat["write"]): Heat {
  return { kind, name, note, values, most: values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0), write };
}
