// Owns the canvas's shortcuts. Off while a text field has the focus or a dialog is open.
import { useReactFlow } from "@xyflow/react";
import { useEffect } from "react";
import { isTyping } from "../shell/is-typing.ts";
import { useShortcuts } from "../shell/use-shortcuts.ts";
import { addNext } from "./add-next.ts";
import { type Drawing, groupIntoZone, remove } from "./canvas-edit.ts";
import { cardHeight, flowNodes } from "./canvas-graph.ts";
import { CARD } from "./canvas-layout.ts";
import { type Alignment, alignNodes } from "./align-nodes.ts";
import { extraRows } from "./extra-rows.ts";
import { addPart, type DrawingPart, readPart, takePart } from "./drawing-part.ts";
import { fitOptions } from "./fit-view.ts";
import { newId } from "./new-id.ts";
import { otherTrust, paintTrust } from "./trust-paint.ts";
import { choose, chosenIds, edit, editDocument, stepBack, stepForward, useWorkbenchStore, type Workbench, type WorkbenchStore } from "./workbench-store.ts";

export function useCanvasKeys(): void {
  const store = useWorkbenchStore();
  const flow = useReactFlow();
  const chosenNode = () => store.getState().selection?.kind === "node";
  useShortcuts({
    "canvas.all": { run: () => chooseAll(store), when: () => store.getState().history.present.document.nodes.length > 0 },
    "canvas.zoom-reset": { run: () => void flow.zoomTo(1) },
    "canvas.fit": { run: () => void flow.fitView({ padding: 0.12, maxZoom: 1 }) },
    "canvas.find": { run: () => store.setState({ finding: true }) },
    "canvas.undo": { run: () => stepBack(store), when: () => store.getState().history.past.length > 0 },
    "canvas.redo": { run: () => stepForward(store), when: () => store.getState().history.future.length > 0 },
    "canvas.add-node": { run: () => addNext(store, flow) },
    "canvas.connect": { run: () => document.querySelector<HTMLElement>("[data-connect-to]")?.focus(), when: chosenNode },
    "canvas.rename": { run: () => store.setState({ namingId: store.getState().selection?.id ?? null }), when: () => store.getState().selection !== null },
    "canvas.duplicate": { run: () => duplicate(store), when: () => chosenIds(store.getState()).length > 0 },
    "canvas.align": { run: () => store.setState({ aligning: true }), when: () => store.getState().several.length > 1 },
    "canvas.arrange": { run: () => void tidy(store, flow) },
    "canvas.group": { run: () => group(store) },
    "canvas.trust": { run: () => toggleTrust(store) },
    "canvas.move": { run: () => store.setState({ moveOpen: true }), when: () => store.getState().layers !== null },
  });
  useEffect(() => {
    const onCopy = (event: ClipboardEvent) => {
      const part = copied(event, store);
      if (part === null) return;
      event.clipboardData?.setData("text/plain", JSON.stringify(part, null, 1));
      event.preventDefault();
      if (event.type === "cut") removeSelected(store);
    };
    const onPaste = (event: ClipboardEvent) => {
      const part = isTyping(event) ? null : readPart(event.clipboardData?.getData("text/plain") ?? "");
      if (part === null) return;
      event.preventDefault();
      insert(store, part);
      if (part.topologyId !== store.getState().topologyId) setTimeout(() => void flow.fitView({ ...fitOptions(), nodes: chosenIds(store.getState()).map((id) => ({ id })) }), 50);
    };
    addEventListener("copy", onCopy);
    addEventListener("cut", onCopy);
    addEventListener("paste", onPaste);
    return () => { removeEventListener("copy", onCopy); removeEventListener("cut", onCopy); removeEventListener("paste", onPaste); };
  }, [store, flow]);
}

function chooseAll(store: WorkbenchStore): void {
  const { nodes, links, zones } = store.getState().history.present.document;
  choose(store, [...nodes, ...links, ...zones].map(({ id }) => id));
}

/** What Ctrl+C takes; null where text is meant. */
function copied(event: ClipboardEvent, store: WorkbenchStore): DrawingPart | null {
  if (isTyping(event) || !(getSelection()?.isCollapsed ?? true) || document.querySelector("[role=dialog]")) return null;
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

/** Arranges everything and brings it into sight; one undoable step. The library comes when it is first needed. */
export async function tidy(store: WorkbenchStore, flow: Pick<ReturnType<typeof useReactFlow>, "fitView">): Promise<void> {
  const { autoLayout } = await import("./auto-layout.ts");
  edit(store, (drawing) => {
    const height = heights(drawing, store.getState());
    return { ...drawing, layout: { ...drawing.layout, ...autoLayout(drawing.document, height) } };
  });
  // The cards stand in their new places with the next frame.
  requestAnimationFrame(() => void flow.fitView(fitOptions()));
}

/** Lines up the chosen cards; one undoable step. */
export function align(store: WorkbenchStore, how: Alignment): void {
  edit(store, (drawing) => {
    const chosen = new Set(chosenIds(store.getState()));
    const height = heights(drawing, store.getState());
    const boxes = flowNodes(drawing, null).flatMap((node) => (node.type === "card" && chosen.has(node.id) ? [{ id: node.id, ...node.position, width: CARD.width, height: height(node.id) }] : []));
    const places = alignNodes(boxes, how);
    return Object.keys(places).length === 0 ? drawing : { ...drawing, layout: { ...drawing.layout, ...places } };
  });
}

function heights(drawing: Drawing, state: Workbench): (nodeId: string) => number {
  const byId = new Map(flowNodes(drawing, state.running, extraRows(state)).map((node) => [node.id, node.measured?.height ?? 0]));
  return (nodeId) => byId.get(nodeId) ?? cardHeight(0);
}

/** A new zone around what is chosen, ready to be named; an empty one when nothing is. */
export function group(store: WorkbenchStore): void {
  const id = newId("zon");
  const chosen = new Set(chosenIds(store.getState()));
  editDocument(store, (document) => groupIntoZone(document, id, "zone", chosen));
  choose(store, [id]);
  store.setState({ namingId: id });
}

/** What is chosen becomes untrusted, or trusted again; with nothing chosen, painting by mouse begins or ends. */
export function toggleTrust(store: WorkbenchStore): void {
  const state = store.getState();
  const ids = new Set(chosenIds(state));
  const trust = otherTrust(state.history.present.document, ids);
  if (trust === null) store.setState({ painting: state.painting === null ? "untrusted" : null });
  else editDocument(store, (document) => paintTrust(document, ids, trust));
}

export function removeSelected(store: WorkbenchStore): void {
  const ids = chosenIds(store.getState());
  if (ids.length === 0) return;
  edit(store, (drawing) => remove(drawing, new Set(ids)));
  choose(store, []);
}
