import { expect, test } from "vitest";
import { modeDrift } from "./mode-drift.ts";
import type { NodeView } from "./snapshot.ts";
import { deployment, node, reportReady, revision, snapshot } from "./testdata/fleet.ts";

const threads = (intraOpThreads: number) => ({ intraOpThreads, optimization: "all" as const, provider: "cpu" as const });
const one = revision(1, ["a", "b"]);
one.stages[1] = { ...(one.stages[1] as (typeof one.stages)[number]), session: threads(2) };

/** What the nodes' stages say they run with; undefined = the agent does not tell. */
function driftOf(a: number | undefined, b: number | undefined, state: "ready" | "loading" = "ready"): string[] {
  const nodes = reportReady([node("a"), node("b")], [one], { state }).map((each): NodeView => {
    const runs = each.nodeId === "a" ? a : b;
    return { ...each, assignments: each.assignments.map((assignment) => (runs === undefined ? assignment : { ...assignment, running: { session: threads(runs), inline: false } })) };
  });
  const view = deployment([one]);
  return modeDrift(snapshot(view, nodes), view);
}

test("a stage in another mode than its plan says is named, with both modes", () => {
  expect(driftOf(1, 2)).toEqual([]);
  expect(driftOf(1, 1)).toEqual(["Stage 2 on node b runs with 1 thread, its plan says 2 threads."]);
  expect(driftOf(4, 2)).toEqual(["Stage 1 on node a runs with 4 threads, its plan says 1 thread."]);
});

test("what an agent does not tell, or has not loaded yet, is no drift", () => {
  expect(driftOf(undefined, undefined)).toEqual([]);
  expect(driftOf(4, 4, "loading")).toEqual([]);
});
