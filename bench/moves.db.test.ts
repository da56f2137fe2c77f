// The short form of `npm run bench -- moves`: two migrations and two re-splits under load, counts only. What takes how long is the benchmark's business.
import { expect, test } from "vitest";
import { ORIENTATION } from "./lab-deployment.ts";
import { runMoves } from "./run-moves.ts";

test("through migrations and re-splits no request fails, is lost, answered twice, answered otherwise or meets two revisions", { timeout: 600_000 }, async () => {
  const run = await runMoves({ model: ORIENTATION, turns: 2, perSecond: 5, seed: 7, steady: false, deadlineMs: 60_000, say: () => {} });
  expect(run.moves.map((move) => move.kind)).toEqual(["migration", "re-split", "migration", "re-split"]);
  expect(run.counts, run.counts.details.join("\n")).toMatchObject({ failed: 0, lost: 0, duplicated: 0, different: 0, heldBack: 0 });
  expect(run.counts.equal).toBe(run.counts.sent);
  expect(run.counts.equal).toBeGreaterThan(20);
  expect(run.mixed).toEqual([]);
  expect(run.traced).toBeGreaterThan(20);
  for (const move of run.moves) {
    const about = JSON.stringify(move);
    // What was said before it, what lies on the nodes' disks after it, and what its record says: one figure.
    const movedBytes = move.fetched.weights + move.fetched.whole;
    expect(Math.abs(move.predictedBytes - movedBytes), about).toBeLessThanOrEqual(0.02 * movedBytes);
    expect(Math.abs((move.told ?? []).reduce((sum, one) => sum + one.bytes, 0) - movedBytes), about).toBeLessThanOrEqual(0.02 * movedBytes);
  }
  // The first move brings weights to nodes that had none of them, and other nodes hold them.
  expect(run.moves.flatMap((move) => move.told ?? []).some((one) => one.fromNodeId !== null && one.bytes > 0)).toBe(true);
});
