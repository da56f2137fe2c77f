import { expect, test } from "vitest";
import type { TopologyDocument, TopologyNode } from "../../server/topology/topology.ts";
import { addNode } from "./canvas-edit.ts";
import { saveField } from "./save-field.ts";
import { createWorkbench, takeServer } from "./workbench-store.ts";

const EMPTY: TopologyDocument = { nodes: [], links: [], zones: [], sourceId: null };

test("what was typed for a node that somebody deleted meanwhile is shown, not lost", () => {
  const document = addNode(EMPTY, "tn_a", "camera");
  const item = document.nodes[0] as TopologyNode;
  const store = createWorkbench("top_1", { revision: 1, document, layout: {} }, [], null);
  saveField(store, { kind: "node", item }, "camera", { speed: 2 });
  expect([store.getState().history.present.document.nodes[0]?.speed, store.getState().conflicts]).toEqual([2, []]);
  const other = createWorkbench("top_1", { revision: 1, document, layout: {} }, [], null);
  takeServer(other, { revision: 2, document: EMPTY, layout: {} });
  saveField(other, { kind: "node", item }, "camera", { speed: 3 });
  expect(other.getState().history.present.document.nodes).toEqual([]);
  expect(other.getState().conflicts).toEqual([{ kind: "node", id: "tn_a", name: "camera", field: "speed", ours: 3, theirs: null, kept: "theirs", gone: item }]);
});
