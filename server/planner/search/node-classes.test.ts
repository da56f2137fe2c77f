import { expect, test } from "vitest";
import { buildFamily } from "../families/build-family.ts";
import { evaluate } from "../evaluate.ts";
import { nodeClasses } from "./node-classes.ts";

const rack = (tiers: boolean) => buildFamily("homogeneous", { seed: 7, layers: 40, nodes: 9, memoryShare: 0.5, tiers, oncePerNode: true });
const classCount = (classes: Int32Array) => new Set(classes).size;

test("equal machines on one switch are alike but for the source; behind shared uplinks, those of one rack", () => {
  expect(classCount(nodeClasses(rack(false)))).toBe(2);
  expect(classCount(nodeClasses(rack(true)))).toBe(4);
  expect(classCount(nodeClasses(buildFamily("mesh", { seed: 7, layers: 40, nodes: 9, memoryShare: 0.5, oncePerNode: true })))).toBe(9);
});

test("swapping two of a class changes no figure of a plan", () => {
  const instance = rack(true);
  const classes = nodeClasses(instance);
  const processorOf = (node: number) => instance.processors.findIndex((processor) => processor.place === node);
  for (let a = 0; a < 9; a++) for (let b = a + 1; b < 9; b++) {
    if (classes[a] !== classes[b]) continue;
    const order = [0, a, (a + 1) % 9 === b ? (b + 1) % 9 : (a + 1) % 9, b].filter((node, index, all) => all.indexOf(node) === index);
    const figures = (nodes: readonly number[]) => evaluate(instance, nodes.map((node, index) => ({ processor: processorOf(node), from: index * 10, to: index + 1 === nodes.length ? 40 : (index + 1) * 10 })));
    const swapped = figures(order.map((node) => (node === a ? b : node === b ? a : node)))!;
    expect(swapped.bottleneckMs).toBeCloseTo(figures(order)!.bottleneckMs, 9);
    expect(swapped.latencyMs).toBeCloseTo(figures(order)!.latencyMs, 9);
  }
});
