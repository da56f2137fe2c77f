import { expect, test } from "vitest";
import { addNode, editNode } from "./canvas-edit.ts";
import { flowNodes } from "./canvas-graph.ts";
import { extraRows, extraRowsText, readExtraRows } from "./extra-rows.ts";
import { createWorkbench } from "./workbench-store.ts";

const DOCUMENT = ["a", "b"].reduce((document, id) => editNode(addNode(document, `tn_${id}`, id), `tn_${id}`, { nodeId: `nod_${id}` }), { nodes: [], links: [], zones: [], sourceId: null } as Parameters<typeof addNode>[0]);
const stage = (from: number, to: number, id: string) => ({ from, to, topologyNodeId: `tn_${id}` });
const moved = (nodeId: string, from: number, to: number) => ({ nodeId, assignmentId: `${nodeId} ${from}`, from, to, state: "loading", bytesDone: 0, bytesTotal: 1, bytesPerSecond: 0 });

test("replicas and arriving segments count, what the draft shows does not; the card and all it lies in are as high", () => {
  const store = createWorkbench("top_1", { revision: 1, document: DOCUMENT, layout: {} }, [stage(0, 9, "a")], [stage(0, 9, "a")]);
  expect(extraRows(store.getState()).size).toBe(0);
  store.setState({ runningReplicas: [[stage(0, 9, "b")]], moving: { nodes: [moved("nod_a", 0, 9), moved("nod_a", 0, 4), moved("nod_b", 4, 9), moved("nod_gone", 0, 9)] } });
  const rows = extraRows(store.getState());
  expect([...rows]).toEqual([["tn_b", 2], ["tn_a", 1]]);
  expect(readExtraRows(extraRowsText(rows))).toEqual(rows);
  expect(readExtraRows("").size).toBe(0);
  const { present } = store.getState().history;
  const heights = (extra: typeof rows) => flowNodes(present, null, extra).map((node) => node.measured?.height ?? 0);
  const [bare, full] = [heights(new Map()), heights(rows)];
  expect(full[0]).toBeGreaterThan(bare[0] ?? 0);
  expect(full[1]).toBeGreaterThan(bare[1] ?? 0);
});
