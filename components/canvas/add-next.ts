import type { useReactFlow } from "@xyflow/react";
import { addNode } from "./canvas-edit.ts";
import { cardHeight, flowNodes } from "./canvas-graph.ts";
import { CARD } from "./canvas-layout.ts";
import { extraRows } from "./extra-rows.ts";
import { fitOptions } from "./fit-view.ts";
import { freePlace } from "./free-place.ts";
import { newId } from "./new-id.ts";
import { edit, type WorkbenchStore } from "./workbench-store.ts";

type Flow = Pick<ReturnType<typeof useReactFlow>, "screenToFlowPosition" | "flowToScreenPosition" | "fitView">;

/** Adds a planned node in the middle of what is seen, or beside what lies there, and selects it; one undoable step. What would be out of sight is brought into it. */
export function addNext(store: WorkbenchStore, flow: Flow): void {
  const id = newId("tn");
  const canvas = document.querySelector("[data-testid=canvas]")?.getBoundingClientRect();
  const middle = flow.screenToFlowPosition(canvas ? { x: canvas.x + canvas.width / 2, y: canvas.y + canvas.height / 2 } : { x: 0, y: 0 });
  const size = { width: CARD.width, height: cardHeight(0) };
  const state = store.getState();
  const taken = flowNodes(state.history.present, state.running, extraRows(state)).flatMap((node) => (node.type === "card" ? [{ ...node.position, width: CARD.width, height: node.measured?.height ?? size.height }] : []));
  const place = freePlace({ ...size, x: middle.x - size.width / 2, y: middle.y - size.height / 2 }, taken);
  edit(store, (drawing) => ({ ...drawing, document: addNode(drawing.document, id, "node"), layout: { ...drawing.layout, [id]: place } }));
  store.setState({ selection: { kind: "node", id } });
  if (!canvas) return;
  const [start, end] = [flow.flowToScreenPosition(place), flow.flowToScreenPosition({ x: place.x + size.width, y: place.y + size.height })];
  // The card stands there with the next frame.
  if (start.x < canvas.left || start.y < canvas.top || end.x > canvas.right || end.y > canvas.bottom) requestAnimationFrame(() => void flow.fitView(fitOptions()));
}
