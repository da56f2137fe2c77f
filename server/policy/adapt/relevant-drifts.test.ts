import { expect, test } from "vitest";
import type { Observation } from "./controller.ts";
import type { Drift } from "./observe-drift.ts";
import { relevantDrifts } from "./relevant-drifts.ts";

const drift = (kind: Drift["kind"], subject: string): Drift => ({ key: `${kind}:${subject}`, kind, subject, sinceMs: 0, factor: 4, spread: 0.1 });
const on = (...ids: string[]) => ids.map((topologyNodeId, index) => ({ from: index, to: index + 1, topologyNodeId }));
const problem = { nodes: ["cam", "a", "b", "c", "d"].map((topologyNodeId) => ({ topologyNodeId })), sourceIndex: 0 } as unknown as Observation["problem"];
const DRIFTS = [drift("node", "cam"), drift("node", "a"), drift("node", "b"), drift("node", "c"), drift("node", "d"), drift("link", "cam>a"), drift("link", "a>b"), drift("link", "b>d")];
const subjects = (seen: Omit<Parameters<typeof relevantDrifts>[1], "problem">) => relevantDrifts(DRIFTS, { problem, ...seen }).map((one) => one.subject);

test("what it runs on and the ways between, from the source on; not what only stands by", () => {
  expect(subjects({ running: on("a", "b"), home: on("a", "b") })).toEqual(["a", "b", "cam>a", "a>b"]);
});

test("away from home, what home suffers from still says how long it may last", () => {
  expect(subjects({ running: on("c"), home: on("a") })).toEqual(["a", "c", "cam>a"]);
});

test("of further replicas too", () => {
  expect(subjects({ running: on("c"), home: on("c"), further: [{ running: on("b", "d"), home: on("b", "d"), stageMs: [], hopMs: [] }] })).toEqual(["b", "c", "d", "b>d"]);
});
