import { expect, test } from "vitest";
import type { TopologyDocument, TopologyLayout } from "../../server/topology/topology.ts";
import { addLink, addNode, addZone, editNode, remove } from "./canvas-edit.ts";
import { mergeLayouts, sameJson } from "./merge-documents.ts";
import { type DrawingServer, isSaved, saveOnce } from "./sync-drawing.ts";
import { createWorkbench, edit, editDocument, stepBack, stepForward, takeServer, type WorkbenchStore } from "./workbench-store.ts";

const EMPTY: TopologyDocument = { nodes: [], links: [], zones: [], sourceId: null };
const EDITS = 120;

/** Numbers that are the same at every run: mulberry32. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * below);
  };
}

/** The rule the database enforces: a save counts only from the revision it is based on; places merge. */
function startServer(random: (below: number) => number) {
  let stored = { revision: 1, document: EMPTY, layout: {} as TopologyLayout };
  const pass = async () => { for (let turns = random(6); turns > 0; turns--) await Promise.resolve(); };
  const server: DrawingServer = {
    get: async () => { await pass(); const answer = structuredClone(stored); await pass(); return answer; },
    saveLayout: async (layout) => { await pass(); stored = { ...stored, layout: { ...stored.layout, ...structuredClone(layout) } }; await pass(); },
    save: async (baseRevision, document) => {
      await pass();
      if (baseRevision !== stored.revision) return "conflict";
      stored = { ...stored, revision: baseRevision + 1, document: structuredClone(document) };
      const answer = structuredClone(stored);
      await pass();
      return answer;
    },
  };
  return { server, stored: () => stored };
}

type Write = { id: string; value: string; seen: string };

/** One random edit; what it wrote over what is noted, so that it can be accounted for. */
function editAtRandom(store: WorkbenchStore, who: string, number: number, random: (below: number) => number, writes: Write[], deleted: Set<string>): void {
  const { document } = store.getState().history.present;
  const node = document.nodes[random(document.nodes.length)];
  const other = document.nodes[random(document.nodes.length)];
  const what = random(10);
  if (what < 3 || !node || !other) editDocument(store, (now) => addNode(now, `tn_${who}${number}`, `${who}${number}`));
  else if (what < 6) { writes.push({ id: node.id, value: `${who}!${number}`, seen: node.name }); editDocument(store, (now) => editNode(now, node.id, { name: `${who}!${number}` })); }
  else if (what < 7) editDocument(store, (now) => addLink(now, `lnk_${who}${number}`, node.id, other.id));
  else if (what < 8) edit(store, (drawing) => ({ ...drawing, layout: { ...drawing.layout, [node.id]: { x: number, y: random(1000) } } }));
  else if (what < 9) editDocument(store, (now) => editNode(addZone(now, `zon_${who}${number}`, `${who}${number}`), node.id, { zoneId: `zon_${who}${number}` }));
  else { deleted.add(node.id); edit(store, (drawing) => remove(drawing, new Set([node.id]))); }
}

for (const seed of [1, 2, 3]) test(`two clients edit at random and end equal to the server with nothing lost (seed ${seed})`, async () => {
  const random = randomOf(seed);
  const { server, stored } = startServer(random);
  const stores = [createWorkbench("top_1", stored(), [], null), createWorkbench("top_1", stored(), [], null)];
  const writes: Write[] = [];
  const deleted = new Set<string>();
  const conflicts: unknown[] = [];
  const gather = (store: WorkbenchStore) => { conflicts.push(...store.getState().conflicts); store.setState({ conflicts: [] }); };
  const run = async (store: WorkbenchStore, who: string) => {
    for (let number = 0; number < EDITS; number++) {
      editAtRandom(store, who, number, random, writes, deleted);
      if (random(3) === 0) await saveOnce(store, server);
      if (random(3) === 0) { const before = store.getState().server; const answer = await server.get(); if (store.getState().server === before) takeServer(store, answer); }
      gather(store);
    }
  };
  await Promise.all([run(stores[0] as WorkbenchStore, "a"), run(stores[1] as WorkbenchStore, "b")]);
  for (let round = 0; round < 8; round++) for (const store of stores) { while ((await saveOnce(store, server)) === "again"); takeServer(store, await server.get()); gather(store); }

  for (const store of stores) {
    expect(isSaved(store)).toBe(true);
    const { present } = store.getState().history;
    expect(sameJson(present.document, stored().document)).toBe(true);
    for (const node of present.document.nodes) expect(present.layout[node.id]).toEqual(stored().layout[node.id]);
  }
  const final = new Map(stored().document.nodes.map((node) => [node.id, node.name]));
  // Every node that nobody deleted is there.
  for (const { id } of writes) if (!deleted.has(id)) expect(final.has(id), id).toBe(true);
  // Every name given is there, or was overwritten by somebody who saw it, or was shown as a conflict.
  const told = JSON.stringify(conflicts);
  const unaccounted = writes.filter(({ id, value }) => !deleted.has(id) && final.get(id) !== value && !writes.some((one) => one.id === id && one.seen === value) && !told.includes(`"${value}"`));
  expect(unaccounted).toEqual([]);
  expect(writes.length).toBeGreaterThan(EDITS / 4);
});

test("what came from elsewhere survives undo and redo, and an old answer changes nothing", () => {
  const store = createWorkbench("top_1", { revision: 1, document: addNode(EMPTY, "tn_a", "a"), layout: {} }, [], null);
  editDocument(store, (document) => editNode(document, "tn_a", { speed: 2 }));
  takeServer(store, { revision: 2, document: addNode(addNode(EMPTY, "tn_a", "a"), "tn_b", "b"), layout: { tn_b: { x: 1, y: 2 } } });
  stepBack(store);
  expect(store.getState().history.present).toMatchObject({ document: { nodes: [{ id: "tn_a", speed: 1 }, { id: "tn_b" }] }, layout: { tn_b: { x: 1, y: 2 } } });
  stepForward(store);
  expect(store.getState().history.present.document.nodes[0]?.speed).toBe(2);
  const before = store.getState();
  takeServer(store, { revision: 1, document: EMPTY, layout: {} });
  expect(store.getState().history).toBe(before.history);
});

test("somebody else's card moves here without a new revision", () => {
  const store = createWorkbench("top_1", { revision: 1, document: addNode(EMPTY, "tn_a", "a"), layout: { tn_a: { x: 0, y: 0 } } }, [], null);
  takeServer(store, { revision: 1, document: store.getState().server.document, layout: { tn_a: { x: 5, y: 5 } } });
  expect(store.getState().history.present.layout).toEqual({ tn_a: { x: 5, y: 5 } });
  expect(isSaved(store)).toBe(true);
  expect(mergeLayouts({}, {}, {})).toEqual({});
});

test("an answer that was lost on its way makes no conflict with oneself", async () => {
  const store = createWorkbench("top_1", { revision: 1, document: addNode(EMPTY, "tn_a", "a"), layout: { tn_a: { x: 0, y: 0 } } }, [], null);
  let stored = { ...store.getState().server };
  const server: DrawingServer = {
    get: async () => stored,
    saveLayout: async () => undefined,
    save: async (baseRevision, document) => {
      if (baseRevision !== stored.revision) return "conflict";
      stored = { ...stored, revision: baseRevision + 1, document: structuredClone(document) };
      if (stored.revision === 2) throw new Error("the connection is gone");
      return stored;
    },
  };
  editDocument(store, (document) => editNode(document, "tn_a", { speed: 2 }));
  await expect(saveOnce(store, server)).rejects.toThrow("gone");
  editDocument(store, (document) => editNode(document, "tn_a", { speed: 3 }));
  expect(await saveOnce(store, server)).toBe("done");
  expect([stored.document.nodes[0]?.speed, store.getState().conflicts, isSaved(store)]).toEqual([3, [], true]);
});

test("what was saved comes back by the feed before its own answer: what was edited meanwhile stays", async () => {
  const store = createWorkbench("top_1", { revision: 1, document: addNode(EMPTY, "tn_a", "a"), layout: { tn_a: { x: 0, y: 0 } } }, [], null);
  const server: DrawingServer = {
    get: () => Promise.reject(new Error("nobody asks")),
    saveLayout: async () => undefined,
    save: async (baseRevision, document) => {
      const answer = { revision: baseRevision + 1, document: structuredClone(document), layout: store.getState().server.layout };
      editDocument(store, (now) => editNode(now, "tn_a", { speed: 3 }));
      takeServer(store, answer);
      return answer;
    },
  };
  editDocument(store, (document) => editNode(document, "tn_a", { speed: 2 }));
  expect(await saveOnce(store, server)).toBe("done");
  expect([store.getState().history.present.document.nodes[0]?.speed, store.getState().conflicts, store.getState().sent]).toEqual([3, [], null]);
});

test("what somebody else drew and deleted again stays deleted, though the answer to an own save was lost before", async () => {
  const start = addNode(EMPTY, "tn_a", "a");
  const store = createWorkbench("top_1", { revision: 1, document: start, layout: {} }, [], null);
  const server: DrawingServer = { get: async () => store.getState().server, saveLayout: async () => undefined, save: () => Promise.reject(new Error("the connection is gone")) };
  editDocument(store, (document) => editNode(document, "tn_a", { speed: 2 }));
  await expect(saveOnce(store, server)).rejects.toThrow("gone");
  takeServer(store, { revision: 2, document: addNode(start, "tn_b", "b"), layout: {} });
  takeServer(store, { revision: 3, document: start, layout: {} });
  expect(store.getState().history.present.document.nodes.map(({ id, speed }) => [id, speed])).toEqual([["tn_a", 2]]);
});
