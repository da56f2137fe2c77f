import { expect, test } from "vitest";
import type { TopologyDocument } from "../../server/topology/topology.ts";
import { addNode, editNode, undo } from "./canvas-edit.ts";
import { completeLayout } from "./canvas-layout.ts";
import { movedSince } from "./merge-documents.ts";
import { createWorkbench, edit, editDocument, stepBack } from "./workbench-store.ts";

const EMPTY: TopologyDocument = { nodes: [], links: [], zones: [], sourceId: null };
const TWO = addNode(addNode(EMPTY, "tn_a", "a"), "tn_b", "b");

test("a new card is stored where it is shown, and stays there when another is moved", () => {
  const store = createWorkbench("top_1", { revision: 1, document: TWO, layout: { tn_a: { x: 0, y: 0 }, tn_b: { x: 400, y: 0 } } }, [], null);
  const shown = completeLayout(addNode(TWO, "tn_c", "c"), store.getState().server.layout).tn_c;
  editDocument(store, (document) => addNode(document, "tn_c", "c"));
  expect(store.getState().history.present.layout.tn_c).toEqual(shown);
  edit(store, (drawing) => ({ ...drawing, layout: { ...drawing.layout, tn_a: { x: 0, y: 900 } } }));
  expect(store.getState().history.present.layout.tn_c).toEqual(shown);
});

test("undo of the first edit of a drawing without places leaves every card where the server has it", () => {
  const store = createWorkbench("top_1", { revision: 1, document: TWO, layout: {} }, [], null);
  const shown = completeLayout(TWO, {});
  edit(store, (drawing) => ({ ...drawing, layout: { ...drawing.layout, tn_a: { x: 7, y: 900 } } }));
  expect(store.getState().history.present.layout).toEqual({ ...shown, tn_a: { x: 7, y: 900 } });
  stepBack(store);
  expect(store.getState().history.present.layout).toEqual(shown);
  expect(movedSince({ ...shown, tn_a: { x: 7, y: 900 } }, store.getState().history.present.layout)).toEqual({ tn_a: shown.tn_a });
});

test("an older step gets the place of a card that came from elsewhere without one", () => {
  const store = createWorkbench("top_1", { revision: 1, document: TWO, layout: {} }, [], null);
  editDocument(store, (document) => editNode(document, "tn_a", { speed: 2 }));
  store.setState((state) => ({ history: { ...state.history, past: state.history.past.map((one) => ({ ...one, layout: {} })), present: { ...state.history.present, layout: {} } } }));
  editDocument(store, (document) => editNode(document, "tn_a", { speed: 3 }));
  expect(undo(undo(store.getState().history)).present.layout).toEqual(completeLayout(TWO, {}));
});

test("an edit that changes nothing is no step", () => {
  const store = createWorkbench("top_1", { revision: 1, document: TWO, layout: {} }, [], null);
  edit(store, (drawing) => drawing);
  expect(store.getState().history).toMatchObject({ past: [], present: { layout: {} } });
});
