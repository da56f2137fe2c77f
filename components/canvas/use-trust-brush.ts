// Owns the mouse while trust is painted: what is pressed or dragged over takes the brush's trust; one stroke is one undoable step, and nothing else hears it.
import { type MouseEvent, type PointerEvent, useRef } from "react";
import { paintTrust } from "./trust-paint.ts";
import { amend, edit, useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

const LEFT_BUTTON = 1;

export function useTrustBrush() {
  const store = useWorkbenchStore();
  const painting = useWorkbench((state) => state.painting);
  const stroke = useRef<"none" | "begun" | "painted">("none");
  if (painting === null) return {};
  const paint = (event: PointerEvent) => {
    const part = (document.elementFromPoint(event.clientX, event.clientY) ?? (event.target as Element)).closest("[data-id].react-flow__node, [data-id].react-flow__edge");
    const id = part?.getAttribute("data-id");
    if (!id) return;
    const changed = paintTrust(store.getState().history.present.document, new Set([id]), painting);
    if (changed === store.getState().history.present.document) return;
    (stroke.current === "painted" ? amend : edit)(store, (drawing) => ({ ...drawing, document: paintTrust(drawing.document, new Set([id]), painting) }));
    stroke.current = "painted";
  };
  /** Tools, map and the ground, which pans, stay what they are. */
  const isDrawing = (event: MouseEvent) => (event.target as Element).closest(".react-flow__node, .react-flow__edge") !== null;
  const hold = (event: MouseEvent) => { if (isDrawing(event)) { event.preventDefault(); event.stopPropagation(); } };
  return {
    onPointerDownCapture: (event: PointerEvent) => { if (event.button !== 0 || !isDrawing(event)) return; hold(event); stroke.current = "begun"; paint(event); },
    onPointerMoveCapture: (event: PointerEvent) => {
      if (!(event.buttons & LEFT_BUTTON)) stroke.current = "none";
      if (stroke.current !== "none") paint(event);
    },
    onPointerUpCapture: () => { stroke.current = "none"; },
    onMouseDownCapture: (event: MouseEvent) => { if (event.button === 0) hold(event); },
    onClickCapture: hold,
    onDoubleClickCapture: hold,
  };
}
