// Two people draw in one topology with random edits over a server whose answers come late, in any order, or not at all: whatever the order, both end
// equal to the server, and nothing that somebody did is gone without their having been told. The same judge looks at real browsers in e2e.
import { expect, test } from "vitest";
import { findLosses, type Person, type SavedDocument, seeded } from "../../e2e/random-edits.ts";
import type { TopologyDocument, TopologyLayout } from "../../server/topology/topology.ts";
import { addLink, addNode, editNode, remove } from "./canvas-edit.ts";
import { type DrawingServer, isSaved, saveOnce } from "./sync-drawing.ts";
import { createWorkbench, edit, editDocument, takeServer, type WorkbenchStore } from "./workbench-store.ts";

const SEEDS = 24;
const EDITS = 30;
/** Turns of the event loop that a message may take: some arrive before others that were sent earlier. */
const TURNS_MAX = 30;
/** Edits that somebody makes while they are cut off. */
const AWAY_EDITS = 4;

type Hand = { person: Person; server: DrawingServer; store: WorkbenchStore; net: { isDown: boolean } };
type World = { random(): number; stored: { revision: number; document: TopologyDocument; layout: TopologyLayout }; clockMs: number };

const tick = (world: World) => (world.clockMs += 1000);
async function pass({ random }: World): Promise<void> {
  for (let turns = Math.floor(random() * TURNS_MAX); turns > 0; turns--) await Promise.resolve();
}

/** A client's way to the one server: each message is under way for a while, and is lost when the net goes down meanwhile. */
function connect(world: World, person: Person, net: Hand["net"]): DrawingServer {
  const travel = async () => { if (net.isDown) throw new Error("offline"); await pass(world); if (net.isDown) throw new Error("offline"); };
  return {
    async get() { await travel(); const answer = structuredClone(world.stored); await travel(); return answer; },
    async saveLayout(layout) { await travel(); world.stored = { ...world.stored, layout: { ...world.stored.layout, ...structuredClone(layout) } }; await travel(); },
    async save(baseRevision, document) {
      const save = { by: person.name, at: tick(world), document: structuredClone(document) as unknown as SavedDocument, revision: baseRevision + 1 };
      const lost = () => { person.unanswered.push(save); return new Error("offline"); };
      await travel().catch(() => { throw lost(); });
      if (baseRevision !== world.stored.revision) { await travel().catch(() => { throw lost(); }); return "conflict"; }
      world.stored = { ...world.stored, revision: baseRevision + 1, document: structuredClone(document) };
      const answer = structuredClone(world.stored);
      await travel().catch(() => { throw lost(); });
      person.saves.push(save);
      return answer;
    },
  };
}

function sit(world: World, name: string): Hand {
  const person = { name, page: null as never, writes: [], saves: [], unanswered: [], conflicts: [], refused: 0, pending: new Set() } as unknown as Person;
  const net = { isDown: false };
  return { person, net, server: connect(world, person, net), store: createWorkbench("top", structuredClone(world.stored), [], null) };
}

/** What the screen would show of conflicts, in words the judge looks for. */
function readConflicts({ person, store }: Hand): void {
  for (const { name, field, ours, kept } of store.getState().conflicts) person.conflicts.push(`${name} ${field} yours ${ours && typeof ours === "object" ? (ours as { name: string }).name : ours}${field === null && kept === "theirs" ? " You deleted it" : ""}`);
  store.setState({ conflicts: [] });
}

function editOnce(world: World, { person, store }: Hand, n: number): void {
  const { document } = store.getState().history.present;
  const any = () => document.nodes[Math.floor(world.random() * document.nodes.length)];
  const [node, other, dice, at] = [any(), any(), world.random(), tick(world)];
  const wrote = (id: string, field: Person["writes"][number]["field"], value: string | number | null) => person.writes.push({ id, field, value, at } as Person["writes"][number]);
  const unique = person.writes.length + 1;
  if (dice < 0.12 || !node || !other || document.nodes.length < 3) {
    const id = `tn_${person.name}${n}`;
    editDocument(store, (now) => addNode(now, id, `${person.name}new${n}`));
    wrote(id, "node", id);
  } else if (dice < 0.4) {
    editDocument(store, (now) => editNode(now, node.id, { name: `${person.name}${unique}` }));
    wrote(node.id, "name", `${person.name}${unique}`);
  } else if (dice < 0.65) {
    const speed = Number((1 + unique / 1000 + (person.name === "a" ? 0 : 0.0005)).toFixed(4));
    editDocument(store, (now) => editNode(now, node.id, { speed }));
    wrote(node.id, "speed", speed);
  } else if (dice < 0.8) {
    if (node.id === other.id) return;
    editDocument(store, (now) => addLink(now, `lnk_${person.name}${n}`, node.id, other.id));
    if (document !== store.getState().history.present.document) wrote(node.id, "link", `${node.id}>${other.id}`);
  } else {
    edit(store, (drawing) => remove(drawing, new Set([node.id])));
    wrote(node.id, "gone", null);
  }
}

async function draw(world: World, hand: Hand): Promise<void> {
  const { server, store, net } = hand;
  let away = 0;
  let saving: Promise<unknown> | null = null;
  const save = () => { saving ??= saveOnce(store, server).catch(() => undefined).finally(() => { saving = null; }); };
  for (let n = 0; n < EDITS; n++) {
    if (away === 0 && world.random() < 0.1) away = AWAY_EDITS;
    else if (away > 0) away -= 1;
    net.isDown = away > 0;
    readConflicts(hand);
    editOnce(world, hand, n);
    if (world.random() < 0.4) save();
    if (world.random() < 0.4) void server.get().then((answer) => takeServer(store, answer)).catch(() => undefined);
    await pass(world);
  }
  net.isDown = false;
  await saving;
}

test.each(Array.from({ length: SEEDS }, (_, seed) => seed))("random edits and deliveries, seed %i: both end equal to the server and nothing is lost silently", async (seed) => {
  let start: TopologyDocument = { nodes: [], links: [], zones: [], sourceId: null };
  for (let index = 0; index < 5; index++) start = addNode(start, `t${index}`, `n${index}`);
  start = addLink(addLink(start, "l0", "t0", "t1"), "l1", "t1", "t2");
  const world: World = { random: seeded(seed), stored: { revision: 1, document: start, layout: {} }, clockMs: 0 };
  const hands = [sit(world, "a"), sit(world, "b")];
  await Promise.all(hands.map((hand) => draw(world, hand)));
  // Both again and again until neither has anything to say: each may have to merge what the other saved last.
  for (let round = 0; round < 8; round++) for (const hand of hands) {
    while ((await saveOnce(hand.store, hand.server)) === "again");
    takeServer(hand.store, await hand.server.get());
    readConflicts(hand);
  }
  expect(findLosses(start as unknown as SavedDocument, hands.map(({ person }) => person), world.stored.revision)).toEqual([]);
  for (const { store } of hands) {
    expect(isSaved(store)).toBe(true);
    expect(store.getState().history.present.document).toEqual(world.stored.document);
  }
  expect(Math.min(...hands.map(({ person }) => person.saves.length))).toBeGreaterThan(0);
});
