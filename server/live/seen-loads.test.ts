import { expect, test } from "vitest";
import type { ObservedAssignment } from "../../agents/protocol/control.ts";
import type { SeenLoad } from "../planner/load-time.ts";
import { learnLoads } from "./seen-loads.ts";

const told = (assignmentId: string, loadMs: number | null, bytesTotal = 20e6) => ({ assignmentId, loadMs, warmMs: loadMs === null ? null : 30, bytesTotal }) as ObservedAssignment;

test("what was seen stays when its stage has gone; a load that is told again counts once, as it was last", () => {
  const node = { nodeId: "nod_a", loads: new Map<string, SeenLoad>() };
  learnLoads(node, [told("a1", 100), told("a2", null)]);
  learnLoads(node, [told("a1", 140)]);
  learnLoads(node, []);
  expect([...node.loads.values()]).toEqual([{ nodeId: "nod_a", bytes: 20e6, loadMs: 140, warmMs: 30 }]);
});

test("of many the newest are kept", () => {
  const node = { nodeId: "nod_a", loads: new Map<string, SeenLoad>() };
  for (let at = 0; at < 40; at++) learnLoads(node, [told(`a${at}`, at + 1)]);
  expect(node.loads.size).toBe(16);
  expect([...node.loads.keys()].at(-1)).toBe("a39");
});
