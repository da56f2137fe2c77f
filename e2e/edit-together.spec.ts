// Two browsers draw in one topology at random, now and then cut off: both end as the server has it, nothing is lost, conflicts are shown. The long form is `npm run bench -- edits`.
import { expect, test } from "@playwright/test";
import { type Cluster, startCluster } from "./cluster.ts";
import { editTogether, findLosses, type SavedDocument, waitUntilEqual, watchPerson } from "./random-edits.ts";

type Full = { id: string; revision: number; document: SavedDocument; layout: Record<string, { x: number; y: number }> };
const SEED = 20_261_125;
/** Of each; counted and not timed, so that a busy machine tests as much. */
const EDITS = 20;
let cluster: Cluster;
test.beforeAll(async () => { cluster = await startCluster([]); });
test.afterAll(async () => { await cluster?.stop(); });

test("random edits of two browsers lose nothing and end equal", async ({ browser }) => {
  const made = await cluster.api<Full>("POST", "/topologies", { name: "shared", templateId: "three-tier-mec" });
  const people = await Promise.all(["a", "b"].map(async (name) => watchPerson(name, await (await browser.newContext()).newPage())));
  for (const { page } of people) {
    await page.goto(`${cluster.url}/topologies/${made.id}`);
    await expect(page.getByTestId("node-card").first()).toBeVisible();
  }
  await editTogether(people, { seed: SEED, isOver: (edits) => edits >= EDITS });
  const { revision } = await waitUntilEqual(people, () => cluster.api<Full>("GET", `/topologies/${made.id}`), 60_000);
  for (const person of people) expect(person.writes.length, `${person.name} edited`).toBeGreaterThan(3);
  expect(findLosses(made.document, people, revision)).toEqual([]);
  await Promise.all(people.map(({ page }) => page.context().close()));
});
