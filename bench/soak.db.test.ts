// The short form of `npm run bench -- soak`: one fault after the other under load and moves, counts only.
import { expect, test } from "vitest";
import { FAULT_KINDS } from "../lab/fault-plan.ts";
import { ORIENTATION } from "./lab-deployment.ts";
import { runSoak } from "./run-soak.ts";

test("while agents, stages, links, files, console and database fail, every request gets its answer or an explicit error, once, and every move ends", { timeout: 900_000 }, async () => {
  const said: string[] = [];
  const run = await runSoak({ model: ORIENTATION, seed: 11, minutes: 2, everySeconds: 10, perSecond: 3, deadlineMs: 60_000, kinds: FAULT_KINDS, say: (line) => said.push(line) });
  const story = [...said, ...run.left, ...run.counts.details].join("\n");
  // A disk can be filled where one can be mounted; then another kind comes twice.
  expect([...new Set(run.faults)].sort(), story).toEqual(FAULT_KINDS.filter((kind) => kind !== "fill-disk" || run.left.length === 0).sort());
  expect(run.counts, story).toMatchObject({ lost: 0, duplicated: 0, different: 0 });
  expect(run.counts.equal + run.counts.failed, story).toBe(run.counts.sent);
  expect(run.counts.equal, story).toBeGreaterThan(30);
  expect(run.stuck, story).toBe(0);
  expect(run.liveAtEnd, story).toBe(true);
});
