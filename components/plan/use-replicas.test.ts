import { expect, test } from "vitest";
import type { Placement } from "../../server/planner/plan.ts";
import { draftReplicas } from "./use-replicas.ts";

const whole = (node: string): Placement => [{ from: 0, to: 4, topologyNodeId: node }];
type State = Parameters<typeof draftReplicas>[0];
const state = (replicas: number | "as-needed" | undefined, runs: string[], found: { placement: Placement; replicas: string[] } | null = null): State => ({
  history: { present: { placement: whole("a"), request: { objective: "latency", ...(replicas === undefined ? {} : { replicas }) } } },
  planning: { taken: null, found: found && { placement: found.placement, request: { objective: "latency", replicas }, replicas: found.replicas.map((node) => ({ placement: whole(node) })) } },
  running: whole("a"), runningReplicas: runs.map(whole),
}) as unknown as State;

test.each<[string, State, string[] | null, boolean]>([
  ["nothing is asked, one runs", state(undefined, []), [], false],
  ["nothing is asked, two run: the other stays", state(undefined, ["b"]), ["b"], false],
  ["as many as run", state(2, ["b"]), ["b"], false],
  ["one more than runs is planned when the plan is made", state(3, ["b"]), null, true],
  ["one is asked, two run: the other ends", state(1, ["b"]), [], true],
  ["those found with the draft", state(2, [], { placement: whole("a"), replicas: ["c"] }), ["c"], true],
  ["what was found with another placement is not the draft's", state(2, [], { placement: whole("z"), replicas: ["c"] }), null, true],
  ["as many as needed, none found yet", state("as-needed", ["b"]), null, false],
])("%s", (_name, given, known, differs) => {
  const told = draftReplicas(given);
  expect([told.known?.map((one) => one.placement[0]?.topologyNodeId) ?? null, told.differs]).toEqual([known, differs]);
});

test("a plan that was taken over keeps its replicas until its placement or how many are asked for is changed", () => {
  const taken = (placement: Placement, asked: number) => { const given = state(2, ["b"]); return draftReplicas({ ...given, planning: { ...given.planning, taken: { placement, replicas: [{ placement: whole("d") }], asked } } }).known?.map((one) => one.placement[0]?.topologyNodeId); };
  expect([taken(whole("a"), 2), taken(whole("z"), 2), taken(whole("a"), 3)]).toEqual([["d"], ["b"], ["b"]]);
});
