import { expect, test } from "vitest";
import { desiredOf } from "./desired.ts";
import type { FleetSnapshot, NodeView } from "./snapshot.ts";
import { shareQuota } from "./share-quota.ts";
import { sharingEntries } from "./sharing-entries.ts";
import { deployment, node, revision, snapshot } from "./testdata/fleet.ts";

const ENTERED = ["a", "b", "c"];
const fleet = (more: Record<string, Partial<NodeView>>): Pick<FleetSnapshot, "nodes"> => ({ nodes: new Map(ENTERED.map((id) => [id, node(id, more[id] ?? {})])) });
const told = (more: Record<string, Partial<NodeView>>) => ENTERED.map((id) => sharingEntries(fleet(more), ENTERED, id));

test("all share while none is lost, one that is late or connecting too; a lost one's share is the others'", () => {
  expect(told({ b: { presence: "late" }, c: { presence: "connecting" } })).toEqual([ENTERED, ENTERED, ENTERED]);
  expect(told({ b: { presence: "lost" } })).toEqual([["a", "c"], ENTERED, ["a", "c"]]);
});

test("one that is lost to the console alone serves on and keeps its share; with all of them lost each is told its part", () => {
  expect(told({ b: { presence: "lost", serves: true } })).toEqual([ENTERED, ENTERED, ENTERED]);
  expect(told({ a: { presence: "lost" }, b: { presence: "lost" }, c: { presence: "lost" } })).toEqual([ENTERED, ENTERED, ENTERED]);
});

test("a node that was removed shares nothing", () => {
  const { nodes } = fleet({});
  nodes.delete("c");
  expect(sharingEntries({ nodes }, ENTERED, "a")).toEqual(["a", "b"]);
});

test("of a quota those that are there are told all that is left, and the lost one no more than its part for when it is back", () => {
  const snapshot = fleet({ b: { presence: "lost" } });
  const nowMs = Date.parse("2026-11-27T10:00:00Z");
  const usage = [{ nodeId: "b", day: "2026-11-27", requests: 300, lifeId: "life_b", lifeRequests: 300 }];
  const shares = ENTERED.map((nodeId) => shareQuota({ perDay: 900, perMonth: null }, usage, { nodeId, entered: sharingEntries(snapshot, ENTERED, nodeId), nowMs })[0]!.share);
  expect([shares[0]! + shares[2]!, shares[1]! <= 200 + 900 / 8]).toEqual([600, true]);
});

test("what a deployment that sheds lets in each second is shared among the same", () => {
  const one = deployment([revision(1, ["a"], ["a", "b"])]);
  const shedding = { ...one, settings: { ...one.settings, ingressNodeIds: ["a", "b"], admitPerSecond: 20 } };
  const rates = (presence: NodeView["presence"]) => [...desiredOf(snapshot(shedding, [node("a"), node("b", { presence })])).values()].map(({ ingress }) => ingress[0]?.admitPerSecond);
  expect(rates("online")).toEqual([10, 10]);
  expect(rates("lost")).toEqual([20, 10]);
});
