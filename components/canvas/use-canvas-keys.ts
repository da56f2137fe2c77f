// Owns the canvas's shortcuts. Off while a text field has the focus or a dialog is open.
import { useReactFlow } from "@xyflow/react";
import { useEffect } from "react";
import { isTyping } from "../shell/is-typing.ts";
import { addNode, remove } from "./canvas-edit.ts";
import { arrange } from "./canvas-layout.ts";
import { newId } from "./new-id.ts";
import { edit, stepBack, stepForward, useWorkbenchStore, type WorkbenchStore } from "./workbench-store.ts";

export function useCanvasKeys(): void {
  const store = useWorkbenchStore();
  const flow = useReactFlow();
  useEffect(() => {
    const down = (event: KeyboardEvent) => {
      if (isTyping(event) || document.querySelector("[role=dialog]")) return;
      const key = event.key.toLowerCase();
      const held = event.ctrlKey || event.metaKey;
      if (held && key === "z" && !event.shiftKey) stepBack(store);
      else if (held && (key === "y" || (key === "z" && event.shiftKey))) stepForward(store);
      else if (held || event.altKey) return;
      else if (key === "0") void flow.zoomTo(1);
      else if (key === "1") void flow.fitView({ padding: 0.12, maxZoom: 1 });
      else if (key === "l") tidy(store);
      else if (key === "n") addNext(store);
      else if (key === "c" && store.getState().selection?.kind === "node") document.querySelector<HTMLElement>("[data-connect-to]")?.focus();
      else if (key === "m" && store.getState().layers !== null) store.setState({ moveOpen: true });
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", down);
    return () => removeEventListener("keydown", down);
  }, [store, flow]);
}

/** Arranges everything; one undoable step. */
export const tidy = (store: WorkbenchStore): void => edit(store, (drawing) => ({ ...drawing, layout: { ...drawing.layout, ...arrange(drawing.document) } }));

/** Adds a planned node where there is room, and selects it. */
export function addNext(store: WorkbenchStore): void {
  const id = newId("tn");
  edit(store, (drawing) => ({ ...drawing, document: addNode(drawing.document, id, "node") }));
  store.setState({ selection: { kind: "node", id } });
}

export function removeSelected(store: WorkbenchStore): void {
  const { selection } = store.getState();
  if (selection === null) return;
  edit(store, (drawing) => remove(drawing, new Set([selection.id])));
  store.setState({ selection: null });
}
