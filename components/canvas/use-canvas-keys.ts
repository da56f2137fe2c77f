// Owns the canvas's shortcuts. Off while a text field has the focus or a dialog is open.
import { useReactFlow } from "@xyflow/react";
import { useEffect } from "react";
import { isTyping } from "../shell/is-typing.ts";
import { addNode, type Drawing, remove } from "./canvas-edit.ts";
import { CHIP_HEIGHT, flowNodes } from "./canvas-graph.ts";
import { CARD } from "./canvas-layout.ts";
import { type Alignment, alignNodes } from "./align-nodes.ts";
import { addPart, type DrawingPart, readPart, takePart } from "./drawing-part.ts";
import { FIT } from "./fit-view.ts";
import { newId } from "./new-id.ts";
import { choose, chosenIds, edit, stepBack, stepForward, useWorkbenchStore, type WorkbenchStore } from "./workbench-store.ts";

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
      else if (held && key === "d") duplicate(store);
      else if (held && key === "f") store.setState({ finding: true });
      else if (held || event.altKey) return;
      else if (event.key === "F2" && store.getState().selection) store.setState({ namingId: store.getState().selection?.id ?? null });
      else if (key === "a" && store.getState().several.length > 1) store.setState({ aligning: true });
      else if (key === "0") void flow.zoomTo(1);
      else if (key === "1") void flow.fitView({ padding: 0.12, maxZoom: 1 });
      else if (key === "l") void tidy(store).then(() => flow.fitView(FIT));
      else if (key === "n") addNext(store);
      else if (key === "c" && store.getState().selection?.kind === "node") document.querySelector<HTMLElement>("[data-connect-to]")?.focus();
      else if (key === "m" && store.getState().layers !== null) store.setState({ moveOpen: true });
      else return;
      event.preventDefault();
    };
    const onCopy = (event: ClipboardEvent) => {
      const part = copied(event, store);
      if (part === null) return;
      event.clipboardData?.setData("text/plain", JSON.stringify(part, null, 1));
      event.preventDefault();
      if (event.type === "cut") removeSelected(store);
    };
    const onPaste = (event: ClipboardEvent) => {
      const part = isTyping(event as unknown as KeyboardEvent) ? null : readPart(event.clipboardData?.getData("text/plain") ?? "");
      if (part === null) return;
      event.preventDefault();
      insert(store, part);
      if (part.topologyId !== store.getState().topologyId) setTimeout(() => void flow.fitView({ ...FIT, nodes: chosenIds(store.getState()).map((id) => ({ id })) }), 50);
    };
    addEventListener("keydown", down);
    addEventListener("copy", onCopy);
    addEventListener("cut", onCopy);
    addEventListener("paste", onPaste);
    return () => { removeEventListener("keydown", down); removeEventListener("copy", onCopy); removeEventListener("cut", onCopy); removeEventListener("paste", onPaste); };
  }, [store, flow]);
}

/** What Ctrl+C takes; null where text is meant. */
function copied(event: ClipboardEvent, store: WorkbenchStore): DrawingPart | null {
  if (isTyping(event as unknown as KeyboardEvent) || !(getSelection()?.isCollapsed ?? true) || document.querySelector("[role=dialog]")) return null;
  const state = store.getState();
  return takePart(state.topologyId, state.history.present, chosenIds(state));
}

function insert(store: WorkbenchStore, part: DrawingPart): void {
  let added: string[] = [];
  edit(store, (drawing) => { const done = addPart(drawing, part, newId); added = done.ids; return done.drawing; });
  choose(store, added);
}

/** A copy of what is chosen beside it; one undoable step. */
export function duplicate(store: WorkbenchStore): void {
  const state = store.getState();
  const part = takePart(state.topologyId, state.history.present, chosenIds(state));
  if (part !== null) insert(store, part);
}

/** Arranges everything; one undoable step. The library comes when it is first needed. */
export async function tidy(store: WorkbenchStore): Promise<void> {
  const { autoLayout } = await import("./auto-layout.ts");
  edit(store, (drawing) => {
    const height = heights(drawing, store.getState().running);
    return { ...drawing, layout: { ...drawing.layout, ...autoLayout(drawing.document, height) } };
  });
}

/** Lines up the chosen cards; one undoable step. */
export function align(store: WorkbenchStore, how: Alignment): void {
  edit(store, (drawing) => {
    const chosen = new Set(chosenIds(store.getState()));
    const height = heights(drawing, store.getState().running);
    const boxes = flowNodes(drawing, null).flatMap((node) => (node.type === "card" && chosen.has(node.id) ? [{ id: node.id, ...node.position, width: CARD.width, height: height(node.id) }] : []));
    const places = alignNodes(boxes, how);
    return Object.keys(places).length === 0 ? drawing : { ...drawing, layout: { ...drawing.layout, ...places } };
  });
}

function heights(drawing: Drawing, running: Parameters<typeof flowNodes>[1]): (nodeId: string) => number {
  const chips = new Map(flowNodes(drawing, running).flatMap((node) => (node.type === "card" ? [[node.id, node.data.chips.length] as const] : [])));
  return (nodeId) => CARD.height + Math.max(1, chips.get(nodeId) ?? 0) * CHIP_HEIGHT;
}

/** Adds a planned node where there is room, and selects it. */
export function addNext(store: WorkbenchStore): void {
  const id = newId("tn");
  edit(store, (drawing) => ({ ...drawing, document: addNode(drawing.document, id, "node") }));
  store.setState({ selection: { kind: "node", id } });
}

export function removeSelected(store: WorkbenchStore): void {
  const ids = chosenIds(store.getState());
  if (ids.length === 0) return;
  edit(store, (drawing) => remove(drawing, new Set(ids)));
  choose(store, []);
}
