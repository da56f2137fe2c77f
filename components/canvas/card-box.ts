import type { InternalNode } from "@xyflow/react";
import type { Box } from "./canvas-layout.ts";

/** Where React Flow has a card, in units of the drawing. */
export function cardBox(node: InternalNode): Box {
  return { ...node.internals.positionAbsolute, width: node.measured.width ?? 0, height: node.measured.height ?? 0 };
}
