import { expect, test } from "vitest";
import { isAway, isLinkedFrom, isLinkedToAll } from "./lane-link.ts";
import { node } from "./testdata/fleet.ts";

const lost = node("b", { presence: "lost", connected: false });
const nodes = (...list: ReturnType<typeof node>[]) => new Map(list.map((one) => [one.nodeId, one]));

test("which of several senders is missing is known where the agent tells it", () => {
  expect(isLinkedFrom({ upstreamLinked: true }, "a")).toBe(true);
  expect(isLinkedFrom({ upstreamLinked: false, unlinkedFrom: ["b"] }, "a")).toBe(true);
  expect(isLinkedFrom({ upstreamLinked: false, unlinkedFrom: ["b"] }, "b")).toBe(false);
  expect(isLinkedFrom({ upstreamLinked: false, refusedBy: ["b"] }, "b")).toBe(false);
  expect(isLinkedFrom({ upstreamLinked: false, refusedBy: ["b"] }, "a")).toBeNull();
});

test("one that nobody hears is not waited for, as long as another one is there", () => {
  const told = { upstreamLinked: false, unlinkedFrom: ["b"] };
  expect(isLinkedToAll(told, ["a", "b"], nodes(node("a"), lost))).toBe(true);
  expect(isLinkedToAll(told, ["b"], nodes(lost))).toBe(false);
  expect(isLinkedToAll(told, ["a", "b"], nodes(node("a"), node("b")))).toBe(false);
  expect(isLinkedToAll({ upstreamLinked: false, unlinkedFrom: ["a", "b"] }, ["a", "b"], nodes(node("a"), lost))).toBe(false);
  expect(isLinkedToAll({ upstreamLinked: false }, ["a", "b"], nodes(node("a"), lost))).toBe(false);
});

test("one that only the console does not hear is there", () => {
  expect(isAway({ ...lost, serves: true })).toBe(false);
  expect(isAway(lost)).toBe(true);
  expect(isAway(null)).toBe(true);
});
