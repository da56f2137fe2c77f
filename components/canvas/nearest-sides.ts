import { type InternalNode, Position } from "@xyflow/react";

/** A gap this wide takes a line from side to side, where the points to draw one from are; narrower ones only when the cards stand more beside than above each other. */
const BESIDE_MIN = 40;

/** Where a line between two cards starts and ends: in the middle of the sides that face each other. */
export function nearestSides(from: InternalNode, to: InternalNode) {
  const [a, b] = [boxOf(from), boxOf(to)];
  const [dx, dy] = [b.x - a.x, b.y - a.y];
  const [gapX, gapY] = [Math.abs(dx) - (a.width + b.width) / 2, Math.abs(dy) - (a.height + b.height) / 2];
  const level = gapX >= BESIDE_MIN || gapX >= gapY;
  const [sourcePosition, targetPosition] = level ? (dx >= 0 ? [Position.Right, Position.Left] : [Position.Left, Position.Right]) : dy >= 0 ? [Position.Bottom, Position.Top] : [Position.Top, Position.Bottom];
  const side = (box: typeof a, position: Position) => ({ x: box.x + (position === Position.Right ? 1 : position === Position.Left ? -1 : 0) * (box.width / 2), y: box.y + (position === Position.Bottom ? 1 : position === Position.Top ? -1 : 0) * (box.height / 2) });
  const [start, end] = [side(a, sourcePosition), side(b, targetPosition)];
  return { sourceX: start.x, sourceY: start.y, targetX: end.x, targetY: end.y, sourcePosition, targetPosition };
}

/** Middle and size. */
function boxOf(node: InternalNode) {
  const [width, height] = [node.measured.width ?? 0, node.measured.height ?? 0];
  return { x: node.internals.positionAbsolute.x + width / 2, y: node.internals.positionAbsolute.y + height / 2, width, height };
}
