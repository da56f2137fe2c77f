// Owns lining cards up and spacing them evenly. Pure; geometry only.
import type { TopologyLayout } from "../../server/topology/topology.ts";
import type { Box } from "./canvas-layout.ts";

export type Alignment = "left" | "right" | "top" | "bottom" | "centre" | "middle" | "spread-across" | "spread-down";

/** New places of the boxes. Two boxes or more line up with their common edge or centre; three or more are spread so that the gaps between them are alike. */
export function alignNodes(boxes: readonly (Box & { id: string })[], how: Alignment): TopologyLayout {
  if (boxes.length < (how.startsWith("spread") ? 3 : 2)) return {};
  const across = how === "left" || how === "right" || how === "centre" || how === "spread-across";
  const at = (box: Box) => (across ? box.x : box.y);
  const size = (box: Box) => (across ? box.width : box.height);
  const first = Math.min(...boxes.map(at));
  const last = Math.max(...boxes.map((box) => at(box) + size(box)));
  const place = (box: Box, to: number) => (across ? { x: Math.round(to), y: box.y } : { x: box.x, y: Math.round(to) });
  if (how.startsWith("spread")) {
    const gap = (last - first - boxes.reduce((sum, box) => sum + size(box), 0)) / (boxes.length - 1);
    let next = first;
    return Object.fromEntries([...boxes].sort((a, b) => at(a) - at(b)).map((box) => { const to = next; next += size(box) + gap; return [box.id, place(box, to)]; }));
  }
  const target = (box: Box) => (how === "left" || how === "top" ? first : how === "right" || how === "bottom" ? last - size(box) : (first + last - size(box)) / 2);
  return Object.fromEntries(boxes.map((box) => [box.id, place(box, target(box))]));
}
