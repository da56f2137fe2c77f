import { expect, test } from "vitest";
import { evaluate } from "../evaluate.ts";
import { buildFamily, FAMILY_NAMES } from "./build-family.ts";
import { CNNS, cnnLayers } from "./cnn-layers.ts";

const options = { seed: 3, layers: 60, nodes: 10, memoryShare: 0.35, trust: true, tiers: true };

test.each(FAMILY_NAMES)("%s: the same seed gives the same instance, another one another", (name) => {
  expect(buildFamily(name, options)).toEqual(buildFamily(name, options));
  expect(buildFamily(name, { ...options, seed: 4 })).not.toEqual(buildFamily(name, options));
});

test.each(FAMILY_NAMES)("%s: the tables are whole, and the model runs from and to the source", (name) => {
  const instance = buildFamily(name, options);
  const { layerCount, nodes, places, hops, processors } = instance;
  expect(places).toHaveLength(nodes.length);
  expect(hops.links).toHaveLength(nodes.length ** 2);
  expect(instance.crossingBytes.every((bytes) => bytes > 0)).toBe(true);
  for (const processor of processors) {
    expect(processor.upToMs).toHaveLength(layerCount + 1);
    expect([...processor.allowedUntil].every((until, from) => until >= from && until <= layerCount)).toBe(true);
    const figures = evaluate(instance, [{ processor: processors.indexOf(processor), from: 0, to: layerCount }]);
    expect(figures?.latencyMs).toBeGreaterThan(0);
    expect(figures?.joules).toBeGreaterThan(0);
  }
  for (let node = 0; node < nodes.length; node++) expect([hops.way[node * nodes.length + node], hops.fixedMs[node * nodes.length + node]]).toEqual([2, 0]);
  const freeBytes = nodes.reduce((sum, node) => sum + node.freeBytes, 0);
  expect(freeBytes).toBeGreaterThan(processors[0]!.residentBytes[layerCount]!);
});

test("with trust the ends of the model run on a third of a mesh, and their values cross trusted links alone", () => {
  const instance = buildFamily("mesh", { seed: 1, layers: 100, nodes: 12, memoryShare: 0.35, trust: true });
  expect(instance.processors.filter((processor) => processor.allowedUntil[0]! > 0)).toHaveLength(4);
  expect([instance.tainted[0], instance.tainted[4], instance.tainted[5], instance.tainted[95], instance.tainted[96]]).toEqual([1, 1, 0, 0, 1]);
});

test("sites make links between them slower and later", () => {
  const flat = buildFamily("homogeneous", { ...options, trust: false, tiers: false });
  const tiered = buildFamily("homogeneous", { ...options, trust: false });
  expect(tiered.hops.fixedMs[1]! - flat.hops.fixedMs[1]!).toBeCloseTo(5, 6);
  expect(flat.hops.perByteMs[1]! / tiered.hops.perByteMs[1]!).toBeCloseTo(0.3, 6);
});

// Multiply-adds of the published networks: 0.39, 5.7, 11.5 and 19.6 thousand million; parameters 5.3, 24, 60 and 144 million (EfficientNet without squeeze-and-excitation).
test.each([["EfficientNet-B0", 0.78, 4.6], ["InceptionV3", 11.4, 24], ["ResNet-152", 23, 60], ["VGG-19", 39, 144]])("%s has the published amount of work and weights", (name, gflops, millions) => {
  const layers = cnnLayers(CNNS.find((cnn) => cnn.name === name)!);
  const share = layers.reduce((sum, layer) => sum + layer.flops, 0) / 1e9 / gflops;
  const weights = layers.reduce((sum, layer) => sum + layer.weightBytes, 0) / 4e6 / millions;
  expect(share).toBeGreaterThan(0.8);
  expect(share).toBeLessThan(1.25);
  expect(weights).toBeGreaterThan(0.8);
  expect(weights).toBeLessThan(1.25);
});
