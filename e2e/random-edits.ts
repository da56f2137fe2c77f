// Owns two people who draw at random in one topology, and what must be true of it afterwards: nothing anybody did is lost or overwritten unseen.
// They use the page as a person does. What was saved is read off the requests their pages make; what was in conflict, off the panel they are shown.
import type { Locator, Page, Request } from "@playwright/test";

type Item = { id: string; name?: string; speed?: number | null; fromId?: string; toId?: string };
export type SavedDocument = { nodes: Item[]; links: Item[]; zones: Item[]; sourceId: string | null };
/** One thing a person did. `value` of "gone" is null; of a link "from>to". Values are never used twice. */
type Write = { id: string; field: "name" | "speed" | "node" | "gone" | "link"; value: unknown; at: number };
type Save = { by: string; at: number; document: SavedDocument; revision: number };
/** `unanswered`: sent, but the connection went before its answer came; `revision` is the one it is if it arrived. */
export type Person = { name: string; page: Page; writes: Write[]; saves: Save[]; unanswered: Save[]; conflicts: string[]; refused: number; /** Saves on their way. */ pending: Set<Request> };

/** mulberry32: the same seed, the same edits. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Listens to what the page saves from now on. */
export function watchPerson(name: string, page: Page): Person {
  const person: Person = { name, page, writes: [], saves: [], unanswered: [], conflicts: [], refused: 0, pending: new Set() };
  const sentAt = new Map<Request, number>();
  const saveOf = (request: Request) => {
    const place = new URL(request.url()).pathname.replace("/trpc/", "").split(",").indexOf("topologies.save");
    const sent = place < 0 ? undefined : (request.postDataJSON() as Record<number, { baseRevision: number; document: SavedDocument }>)[place];
    return sent && { place, save: { by: name, at: sentAt.get(request) ?? Date.now(), document: sent.document, revision: sent.baseRevision + 1 } };
  };
  page.on("request", (request) => { sentAt.set(request, Date.now()); if (saveOf(request)) person.pending.add(request); });
  page.on("requestfailed", (request) => { const sent = saveOf(request); if (sent) person.unanswered.push(sent.save); person.pending.delete(request); });
  page.on("response", async (response) => {
    const sent = saveOf(response.request());
    if (!sent) return;
    const answers = (await response.json().catch(() => null)) as { result?: { data: { revision: number } } }[] | null;
    if (answers === null) person.unanswered.push(sent.save);
    else if (answers[sent.place]?.result) person.saves.push(sent.save);
    else person.refused++;
    person.pending.delete(response.request());
  });
  return person;
}

/** One random edit, by keyboard. Does nothing where what it chose is gone meanwhile. */
export async function editAtRandom(person: Person, random: () => number): Promise<void> {
  const { page, writes } = person;
  await readConflicts(person);
  const nodes = await cardsOf(page);
  const pick = () => nodes[Math.floor(random() * nodes.length)];
  const dice = random();
  if (dice < 0.12 || nodes.length < 3) return addNode(person);
  const node = pick();
  if (!node || !(await choose(page, node))) return;
  const value = `${person.name}${writes.length}`;
  // Before it is done: on a busy machine its save is on its way before the key press is answered.
  const at = Date.now();
  if (dice < 0.45) {
    await page.keyboard.press("F2");
    const field = page.getByTestId("name-in-place");
    if ((await field.count()) === 0) return;
    await typeInto(field, value, () => writes.push({ id: node.id, field: "name", value, at }));
  } else if (dice < 0.75) {
    const field = page.getByTestId("inspector").getByLabel("Speed");
    const speed = Number((1 + writes.length / 1000 + (person.name === "a" ? 0 : 0.0005)).toFixed(4));
    await typeInto(field, String(speed), () => writes.push({ id: node.id, field: "speed", value: speed, at }));
  } else if (dice < 0.85) {
    const to = pick();
    if (to && to.id !== node.id) await page.locator("[data-connect-to]").selectOption(to.id, { timeout: 1_000 }).then(() => page.getByTestId("connect").click({ timeout: 1_000 })).then(() => writes.push({ id: node.id, field: "link", value: `${node.id}>${to.id}`, at }), () => undefined);
  } else if (dice < 0.95) {
    await page.keyboard.press(random() < 0.5 ? "Shift+ArrowRight" : "Shift+ArrowDown");
  } else {
    await page.keyboard.press("Delete");
    if (!(await cardsOf(page)).some((one) => one.id === node.id)) writes.push({ id: node.id, field: "gone", value: null, at });
  }
}

const WHOLE = { width: 3840, height: 2160 } as const;
/** Of 50 ms each. */
const NEW_NODE_LOOKS = 20;

/** Counts from the moment it is typed: the field may go away before Enter, when somebody else deletes what it is of. */
async function typeInto(field: Locator, text: string, typed: () => void): Promise<void> {
  const didFill = await field.fill(text, { timeout: 2_000 }).then(() => true, () => false);
  if (!didFill) return;
  typed();
  await field.press("Enter", { timeout: 2_000 }).catch(() => undefined);
}

async function addNode(person: Person): Promise<void> {
  const { page, writes } = person;
  // Of what is chosen the address speaks, whether it lies in the window or not.
  const selected = () => (new URL(page.url()).searchParams.get("selected") ?? "").split(",").filter((id) => id !== "");
  const before = new Set([...(await cardsOf(page)).map((one) => one.id), ...selected()]);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  const at = Date.now();
  await page.keyboard.press("n");
  for (let look = 0; look < NEW_NODE_LOOKS; look++) {
    const [id, ...others] = selected();
    if (id !== undefined && others.length === 0 && !before.has(id)) return void writes.push({ id, field: "node", value: id, at });
    await page.waitForTimeout(50);
  }
}

/** The focus is on its card afterwards. */
async function choose(page: Page, node: { id: string; name: string }): Promise<boolean> {
  // Shortcuts are off while a field has the focus.
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  await page.keyboard.press("Control+f");
  const field = page.getByTestId("find").getByRole("combobox");
  await field.fill(`node ${node.name}`);
  await field.press("Enter");
  if ((await page.getByTestId("find").count()) > 0) await field.press("Escape");
  return page.evaluate(async (id) => {
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return document.activeElement?.getAttribute("data-id") === id && document.querySelector(`.react-flow__node.selected[data-id="${id}"]`) !== null;
  }, node.id);
}

const cardsOf = (page: Page): Promise<{ id: string; name: string }[]> =>
  page.evaluate(() => [...document.querySelectorAll(".react-flow__node")].flatMap((one) => {
    const name = one.querySelector("[data-testid=node-card]")?.getAttribute("data-node-name");
    return name ? [{ id: one.getAttribute("data-id") ?? "", name }] : [];
  }));

/** Notes what is shown as changed in two places, and lets it be as it is. */
async function readConflicts(person: Person): Promise<void> {
  const shown = person.page.getByTestId("conflict");
  for (let count = await shown.count(); count > 0; count = await shown.count()) {
    person.conflicts.push(await shown.first().innerText());
    await shown.first().getByRole("button", { name: "Keep as it is" }).click();
  }
}

/** What a page shows of a drawing: names by id, links by their ends, places. */
const shownDrawing = (page: Page) =>
  page.evaluate(() => ({
    names: Object.fromEntries([...document.querySelectorAll(".react-flow__node")].flatMap((one) => { const card = one.querySelector("[data-testid=node-card]"); return card ? [[one.getAttribute("data-id"), card.getAttribute("data-node-name")]] : []; }).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))),
    places: Object.fromEntries([...document.querySelectorAll<HTMLElement>(".react-flow__node")].filter((one) => one.querySelector("[data-testid=node-card]")).map((one) => [one.getAttribute("data-id"), one.style.transform]).sort(([a], [b]) => (String(a) < String(b) ? -1 : 1))),
    links: [...document.querySelectorAll(".react-flow__edge")].map((one) => one.getAttribute("data-id")).sort(),
  }));

/** Sentences of what was lost or overwritten unseen; empty = nothing. `revision`: the server's at the end. */
export function findLosses(start: SavedDocument, people: readonly Person[], revision: number): string[] {
  const found = possibleSaves(people, revision).map((saves) => [...people.flatMap((person) => unaccounted(person, saves)), ...unexplained(start, saves, people)]);
  return found.reduce((best, one) => (one.length < best.length ? one : best));
}

/** Ways the saves may have gone that are looked at: each revision that two people may have made doubles them. */
const WAYS_MAX = 64;

/**
 * A save without an answer arrived if there is a revision that nobody else made. Where several people wait for an answer to the same revision, one of
 * theirs arrived, and no page can tell whose: nothing was lost if it holds for one of them.
 */
function possibleSaves(people: readonly Person[], revision: number): Save[][] {
  const answered = people.flatMap((person) => person.saves);
  const open = new Map<number, Save[]>();
  for (const save of people.flatMap((person) => person.unanswered)) if (save.revision <= revision && !answered.some((one) => one.revision === save.revision)) open.set(save.revision, [...(open.get(save.revision) ?? []), save]);
  let ways: Save[][] = [answered];
  for (const saves of open.values()) ways = ways.flatMap((way) => saves.map((save) => [...way, save])).slice(0, WAYS_MAX);
  return ways.map((way) => way.sort((a, b) => a.revision - b.revision));
}

/** What somebody did that neither was saved, nor replaced by their own next edit, nor shown to them as a conflict. */
function unaccounted(person: Person, all: readonly Save[]): string[] {
  return person.writes.flatMap((write, place) => {
    const { id, field, value, at } = write;
    const own = all.filter((save) => save.by === person.name && save.at >= at - 50);
    const later = person.writes.slice(place + 1);
    const wasSaved = field === "gone" ? all.some((save) => save.at >= at - 50 && !save.document.nodes.some((one) => one.id === id)) : own.some((save) => holds(save.document, write));
    const replaced = later.some((next) => next.field === "gone" ? next.id === id || String(value).includes(next.id) : next.id === id && next.field === field && field !== "link");
    const linkedBefore = field === "link" && all.some((save) => save.document.links.some((link) => sameEnds(link, String(value))));
    // A thing that both deleted and changed is named in the conflict, by the name it has then.
    const shown = person.conflicts.some((text) => text.includes(String(value)) || (field === "gone" && text.includes("You deleted it")));
    return wasSaved || replaced || linkedBefore || shown ? [] : [`${person.name}'s ${field} of ${id} (${value}) was lost`];
  });
}

function holds(document: SavedDocument, { id, field, value }: Write): boolean {
  if (field === "link") return document.links.some((link) => sameEnds(link, String(value)));
  const node = document.nodes.find((one) => one.id === id);
  return node !== undefined && (field === "node" || node[field as "name" | "speed"] === value);
}
const sameEnds = (link: Item, ends: string): boolean => ends === `${link.fromId}>${link.toId}` || ends === `${link.toId}>${link.fromId}`;

/** Changes between two revisions that whoever saved never made. What was deleted and comes back, comes back as it was at some time before: whoever changed it meanwhile keeps it as they know it. */
function unexplained(start: SavedDocument, saves: readonly Save[], people: readonly Person[]): string[] {
  const found: string[] = [];
  const known = new Map(start.nodes.map((node) => [node.id, [node]]));
  let before = start;
  for (const save of saves) {
    const { writes, conflicts: told } = people.find((person) => person.name === save.by) ?? { writes: [], conflicts: [] };
    const made = (id: string, field: Write["field"], value?: unknown) => writes.some((write) => write.id === id && write.field === field && (value === undefined || write.value === value));
    for (const node of save.document.nodes) {
      const old = before.nodes.find((one) => one.id === node.id);
      const versions = known.get(node.id) ?? [];
      if (versions.length === 0 && !made(node.id, "node")) found.push(`${save.by} saved a node ${node.id} that nobody drew`);
      const touched = () => writes.some((write) => write.id === node.id || String(write.value).split(">").includes(node.id)) || told.some((text) => versions.some((one) => text.includes(String(one.name))));
      if (!old && versions.length > 0 && !touched()) found.push(`revision ${save.revision}: ${save.by} brought back node ${node.id}, which they never touched and were not told of`);
      const asBefore = old ? [old] : versions;
      for (const field of ["name", "speed"] as const) if (asBefore.length > 0 && !asBefore.some((one) => one[field] === node[field]) && !made(node.id, field, node[field])) found.push(`revision ${save.revision}: ${field} of ${node.id} went from ${asBefore.map((one) => one[field]).join(" or ")} to ${node[field]}, which ${save.by} never wrote`);
      if (!versions.some((one) => one.name === node.name && one.speed === node.speed)) known.set(node.id, [...versions, node]);
    }
    for (const old of before.nodes) if (!save.document.nodes.some((node) => node.id === old.id) && !made(old.id, "gone")) found.push(`revision ${save.revision}: ${save.by} took node ${old.id} away without deleting it`);
    for (const link of before.links) {
      const endGone = [link.fromId, link.toId].some((id) => !save.document.nodes.some((node) => node.id === id));
      if (!endGone && !save.document.links.some((one) => one.id === link.id)) found.push(`revision ${save.revision}: ${save.by} took link ${link.id} away`);
    }
    before = save.document;
  }
  return found;
}

/** How often, and for how long, somebody is cut off: conflicts need edits that have not met yet. */
const OFFLINE = { share: 0.06, edits: 4 } as const;

/** All edit at once until it is over for each; `edits`: how many they have begun. Each draws from a seed of their own. */
export async function editTogether(people: readonly Person[], { seed, isOver }: { seed: number; isOver: (edits: number) => boolean }): Promise<void> {
  await Promise.all(people.map(async (person, place) => {
    const random = seeded(seed + place);
    const context = person.page.context();
    let away = 0;
    for (let edits = 0; !isOver(edits); edits++) {
      if (away > 0 && --away === 0) await context.setOffline(false);
      else if (away === 0 && random() < OFFLINE.share) { away = OFFLINE.edits; await context.setOffline(true); }
      await editAtRandom(person, random);
    }
    await context.setOffline(false);
  }));
}

type Stored = { revision: number; document: SavedDocument; layout: Record<string, { x: number; y: number }> };

/** Nothing typed waits to be saved: the cards do not show every figure. */
async function isSaved({ page, pending }: Person): Promise<boolean> {
  return pending.size === 0 && ["saved", "merged"].includes((await page.getByTestId("save-state").getAttribute("data-state")) ?? "");
}

/** Waits until everybody's page has saved and shows what the server holds. @throws Error with the difference when time is up. */
export async function waitUntilEqual(people: readonly Person[], read: () => Promise<Stored>, timeoutMs: number): Promise<Stored> {
  const end = Date.now() + timeoutMs;
  // Only what lies in the window is in the page.
  for (const { page } of people) await page.setViewportSize(WHOLE);
  for (;;) {
    for (const person of people) await readConflicts(person);
    for (const { page } of people) {
      await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
      await page.keyboard.press("1");
    }
    const areSaved = (await Promise.all(people.map(isSaved))).every(Boolean);
    const stored = await read();
    const wanted = written(stored);
    const shown = await Promise.all(people.map(async ({ page }) => JSON.stringify(await shownDrawing(page))));
    if (areSaved && shown.every((one) => one === wanted)) {
      // The merge that made them equal may have brought a conflict since they were read. No other comes after it.
      for (const person of people) await readConflicts(person);
      return stored;
    }
    if (Date.now() > end) throw new Error(`pages and server differ:\nserver ${wanted}\n${shown.map((one, index) => `${people[index]?.name} ${one}`).join("\n")}`);
    await people[0]?.page.waitForTimeout(300);
  }
}

/** As `shownDrawing` reads a page. */
function written({ document, layout }: Stored): string {
  const nodes = [...document.nodes].sort((a, b) => (a.id < b.id ? -1 : 1));
  return JSON.stringify({
    names: Object.fromEntries(nodes.map((node) => [node.id, node.name])),
    places: Object.fromEntries(nodes.map((node) => [node.id, `translate(${layout[node.id]?.x}px, ${layout[node.id]?.y}px)`])),
    links: document.links.map((link) => link.id).sort(),
  });
}
