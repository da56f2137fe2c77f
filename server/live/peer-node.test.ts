import { expect, test } from "vitest";
import type { Db } from "../store/db.ts";
import { liveFleet, liveNode } from "./live-fleet.ts";
import { peerNode, takePeerNode } from "./peer-node.ts";

test("of a node that has not told what it runs, another console knows that it has not; one that does not tell this is believed", () => {
  const mine = liveNode(liveFleet({} as Db), "nod_a");
  Object.assign(mine, { connected: true, bootId: "boot" });
  const theirs = liveFleet({} as Db);
  const heard = () => {
    takePeerNode(theirs, "con_a", peerNode(mine), 1);
    return theirs.nodes.get("nod_a")?.hasTold;
  };
  expect(heard()).toBe(false);
  mine.hasTold = true;
  expect(heard()).toBe(true);
  const { hasTold: _, ...older } = peerNode(mine);
  takePeerNode(theirs, "con_a", older, 2);
  expect(theirs.nodes.get("nod_a")?.hasTold).toBe(true);
});
