// Owns what dropping cards means for zones. Pure.
import type { TopologyDocument } from "../../server/topology/topology.ts";
import type { Box } from "./canvas-layout.ts";

/** A zone's frame as it was when the drag began: a frame that grows with the card in hand could never be left. */
export type Frame = Box & { zoneId: string };

/** A card whose middle lies in a frame joins that zone (the smallest, where frames overlap); it leaves its own when it no longer touches its frame. A zone moved as a whole keeps its nodes. */
export function dropIntoZones(document: TopologyDocument, frames: readonly Frame[], cards: readonly (Box & { id: string })[]): TopologyDocument {
  const moved = new Map(cards.map((card) => [card.id, card]));
  const whole = new Set(document.zones.filter((zone) => document.nodes.filter((node) => node.zoneId === zone.id).every((node) => moved.has(node.id))).map((zone) => zone.id));
  const nodes = document.nodes.map((node) => {
    const card = moved.get(node.id);
    if (card === undefined) return node;
    const [x, y] = [card.x + card.width / 2, card.y + card.height / 2];
    const into = frames.filter((frame) => x >= frame.x && x <= frame.x + frame.width && y >= frame.y && y <= frame.y + frame.height).sort((a, b) => a.width * a.height - b.width * b.height)[0];
    const own = frames.find((frame) => frame.zoneId === node.zoneId);
    const touches = own !== undefined && card.x < own.x + own.width && card.x + card.width > own.x && card.y < own.y + own.height && card.y + card.height > own.y;
    const zoneId = into?.zoneId ?? (touches || (node.zoneId !== null && whole.has(node.zoneId) && cards.length > 1) ? node.zoneId : null);
    return zoneId === node.zoneId ? node : { ...node, zoneId };
  });
  return nodes.every((node, index) => node === document.nodes[index]) ? document : { ...document, nodes };
}
