import { expect, test } from "vitest";
import type { Placement, PlanDiff } from "../../server/planner/plan.ts";
import { layerMoves, nodeChanges } from "./plan-changes.ts";

const stage = (from: number, to: number, topologyNodeId: string) => ({ from, to, topologyNodeId });
const before: Placement = [stage(0, 4, "cam"), stage(4, 8, "gateway"), stage(8, 10, "server")];
const weights = Array.from({ length: 10 }, (_, layer) => 10 + layer);

test.each<[string, Placement, ReturnType<typeof layerMoves>]>([
  ["nothing moves when nothing changes", before, []],
  ["a whole segment", [stage(0, 4, "cam"), stage(4, 10, "server")], [{ fromId: "gateway", toId: "server", ranges: [{ from: 4, to: 8 }], shipBytes: 14 + 15 + 16 + 17 }]],
  ["a border that shifts moves only the layers between", [stage(0, 6, "cam"), stage(6, 8, "gateway"), stage(8, 10, "server")], [{ fromId: "gateway", toId: "cam", ranges: [{ from: 4, to: 6 }], shipBytes: 29 }]],
  ["a cut within a node moves nothing", [stage(0, 2, "cam"), stage(2, 4, "cam"), stage(4, 8, "gateway"), stage(8, 10, "server")], []],
  ["two ways at once", [stage(0, 4, "server"), stage(4, 8, "gateway"), stage(8, 10, "cam")], [
    { fromId: "cam", toId: "server", ranges: [{ from: 0, to: 4 }], shipBytes: 46 }, { fromId: "server", toId: "cam", ranges: [{ from: 8, to: 10 }], shipBytes: 37 },
  ]],
  ["ranges of one pair are told together, neighbours as one", [stage(0, 2, "server"), stage(2, 4, "server"), stage(4, 8, "gateway"), stage(8, 10, "server")], [{ fromId: "cam", toId: "server", ranges: [{ from: 0, to: 4 }], shipBytes: 46 }]],
])("%s", (_, after, moves) => expect(layerMoves(before, after, weights)).toEqual(moves));

test("a node that keeps what it holds is not marked; one that loses, loads or is cut anew is", () => {
  const memory = (topologyNodeId: string, beforeBytes: number, afterBytes: number) => ({ topologyNodeId, beforeBytes, afterBytes, peakBytes: Math.max(beforeBytes, afterBytes), limitBytes: null });
  const diff: PlanDiff = {
    same: false, shipBytes: 5, latencyMsBefore: 1, latencyMsAfter: 2,
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
