import { expect, test } from "vitest";
import { buildFamily, FAMILY_NAMES } from "../families/build-family.ts";
import { bottleneckTables } from "./bottleneck-tables.ts";
import { firstLines, orderOfLine } from "./line-orders.ts";
import { cutOrder } from "./order-cuts.ts";

test("a line holds the model under a cap just where one of its sub-orders can be cut under it", () => {
  let held = 0;
  for (const family of FAMILY_NAMES.filter((name) => name !== "hidp-boards" && name !== "home-lab")) for (let seed = 1; seed <= 3; seed++) {
    const tables = bottleneckTables(buildFamily(family, { seed, layers: 20, nodes: 5, memoryShare: 0.5, trust: seed === 2, tiers: seed === 3, oncePerNode: true }));
    for (const line of firstLines(tables)) for (const capMs of [20, 60, 120, 240, 480, 960]) {
      const order = orderOfLine(tables, line, capMs);
      const subOrders = Array.from({ length: 2 ** line.length - 1 }, (_, mask) => line.filter((_, index) => ((mask + 1) >> index) & 1));
      // Hops over one link add up in a cut, not along a line: what can be cut is on the line, and what is on the line goes by it.
      if (subOrders.some((one) => cutOrder(tables, one, capMs))) expect(order, `${family} ${seed} under ${capMs}`).not.toBeNull();
      if (!order) continue;
      held++;
      expect(line.filter((p) => order.includes(p))).toEqual(order);
    }
  }
  expect(held).toBeGreaterThan(20);
});
