import { expect, test } from "vitest";
import type { PlanDiff } from "../../server/planner/plan.ts";
import { nodeChanges } from "./plan-changes.ts";

test("a node that keeps what it holds is not marked; one that loses, loads or is cut anew is", () => {
  const memory = (topologyNodeId: string, beforeBytes: number, afterBytes: number) => ({ topologyNodeId, beforeBytes, afterBytes, peakBytes: Math.max(beforeBytes, afterBytes), limitBytes: null });
  const diff: PlanDiff = {
    same: false, moves: [], shipBytes: 5, latencyMsBefore: 1, latencyMsAfter: 2,
    stages: [
      { change: "keep", from: 0, to: 4, fromTopologyNodeId: "cam", toTopologyNodeId: "cam", shipBytes: 0 },
      { change: "move", from: 4, to: 8, fromTopologyNodeId: "gateway", toTopologyNodeId: "server", shipBytes: 5 },
    ],
    memory: [memory("cam", 9, 9), memory("gateway", 7, 0), memory("server", 3, 10)],
  };
  const changes = nodeChanges(diff);
  expect([...changes.keys()]).toEqual(["gateway", "server"]);
  expect(changes.get("server")).toEqual({ shipBytes: 5, beforeBytes: 3, peakBytes: 10, afterBytes: 10, limitBytes: null });
});
