import { expect, test } from "vitest";
import { layerMoves } from "./layer-moves.ts";
import type { Placement } from "./plan.ts";

const stage = (from: number, to: number, topologyNodeId: string) => ({ from, to, topologyNodeId });
const before: Placement = [stage(0, 4, "cam"), stage(4, 8, "gateway"), stage(8, 10, "server")];
const weights = Array.from({ length: 10 }, (_, layer) => 10 + layer);
const move = (fromTopologyNodeId: string, toTopologyNodeId: string, from: number, to: number, shipBytes: number) => ({ fromTopologyNodeId, toTopologyNodeId, ranges: [{ from, to }], shipBytes });

test.each<[string, Placement, ReturnType<typeof layerMoves>]>([
  ["nothing moves when nothing changes", before, []],
  ["a whole segment", [stage(0, 4, "cam"), stage(4, 10, "server")], [move("gateway", "server", 4, 8, 14 + 15 + 16 + 17)]],
  ["a border that shifts moves only the layers between", [stage(0, 6, "cam"), stage(6, 8, "gateway"), stage(8, 10, "server")], [move("gateway", "cam", 4, 6, 29)]],
  ["a cut within a node moves nothing", [stage(0, 2, "cam"), stage(2, 4, "cam"), stage(4, 8, "gateway"), stage(8, 10, "server")], []],
  ["two ways at once", [stage(0, 4, "server"), stage(4, 8, "gateway"), stage(8, 10, "cam")], [move("cam", "server", 0, 4, 46), move("server", "cam", 8, 10, 37)]],
  ["neighbouring ranges of one pair are told as one", [stage(0, 2, "server"), stage(2, 4, "server"), stage(4, 8, "gateway"), stage(8, 10, "server")], [move("cam", "server", 0, 4, 46)]],
  ["nothing ran before: nothing moves", [], []],
])("%s", (_, after, moves) => expect(layerMoves(before, after, weights)).toEqual(moves));
