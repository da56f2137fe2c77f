// Benchmark "edits": two browsers draw in one topology with seeded random edits, now and then cut off from the console. What is judged is not speed but truth:
// both must end equal to the server, every edit must be saved or shown as a conflict, and no revision may hold what nobody wrote.
// Usage: npm run bench -- edits [--minutes 2] [--seed 1].
import { parseArgs } from "node:util";
import { startCluster } from "../e2e/cluster.ts";
import { editTogether, findLosses, type SavedDocument, waitUntilEqual, watchPerson } from "../e2e/random-edits.ts";
import { calibrationFigure } from "./calibration.ts";
import { launchBrowser, newPage } from "./open-canvas.ts";
import { reportBench } from "./report.ts";

type Full = { id: string; revision: number; document: SavedDocument; layout: Record<string, { x: number; y: number }> };
const SETTLE_TIMEOUT_MS = 60_000;

const { values } = parseArgs({ options: { minutes: { type: "string", default: "2" }, seed: { type: "string", default: "1" } } });
const [minutes, seed] = [Number(values.minutes), Number(values.seed)];
const cluster = await startCluster([]);
const browser = await launchBrowser();
try {
  const made = await cluster.api<Full>("POST", "/topologies", { name: "shared", templateId: "three-tier-mec" });
  const people = await Promise.all(["a", "b"].map(async (name) => watchPerson(name, await newPage(browser))));
  for (const { page } of people) {
    await page.goto(`${cluster.url}/topologies/${made.id}`);
    await page.getByTestId("node-card").first().waitFor();
  }
  process.stderr.write(`two browsers edit for ${minutes} min…\n`);
  const endMs = Date.now() + minutes * 60_000;
  await editTogether(people, { seed, isOver: () => Date.now() >= endMs });
  const read = () => cluster.api<Full>("GET", `/topologies/${made.id}`);
  const unequal = await waitUntilEqual(people, read, SETTLE_TIMEOUT_MS).then(() => null, (error: Error) => error.message);
  const losses = findLosses(made.document, people, (await read()).revision);
  for (const sentence of [...(unequal === null ? [] : [unequal]), ...losses]) process.stderr.write(`${sentence}\n`);
  const sum = (of: (person: (typeof people)[number]) => number) => people.reduce((total, person) => total + of(person), 0);
  const holds = reportBench("edits", [
    calibrationFigure(),
    { figure: `edits of two browsers in ${minutes} min, seed ${seed}`, value: sum((person) => person.writes.length), unit: "edits" },
    { figure: "revisions saved", value: (await read()).revision - made.revision, unit: "revisions" },
    { figure: "saves that met somebody else's and were merged", value: sum((person) => person.refused), unit: "saves" },
    { figure: "conflicts shown", value: sum((person) => person.conflicts.length), unit: "conflicts" },
    { figure: "pages that differ from the server at the end", value: unequal === null ? 0 : 1, unit: "pages", target: { op: "==", than: 0 } },
    { figure: "edits lost, or overwritten unseen", value: losses.length, unit: "edits", target: { op: "==", than: 0 } },
  ]);
  process.exitCode = holds ? 0 : 1;
} finally {
  await browser.close();
  await cluster.stop();
}
