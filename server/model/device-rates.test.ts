import { expect, test } from "vitest";
import { deviceRates, reachedPace } from "./device-rates.ts";
import { estimateProfile, REFERENCE_RATES } from "./estimate-profile.ts";
import type { Layer } from "./model.ts";

const layer = (flops: number, weightBytes: number) => ({ flops, weightBytes, workspaceBytes: 0, opCount: 0 }) as Layer;
const model = { digest: "m", layers: [layer(4e9, 1e6), layer(1e6, 800e6), layer(2e9, 2e6)] };
const times = (computeSlower: number, memorySlower: number) => estimateProfile(model).layerMs.map((ms, index) => ms * (index === 1 ? memorySlower : computeSlower));

test("what one model reached by computing and by reading memory is what another is estimated with", () => {
  const rates = deviceRates([reachedPace("mdl_a", model, { layerMs: times(4, 2) })]);
  if (!rates) throw new Error("no rates");
  expect(rates.flopsPerSecond).toBeCloseTo(REFERENCE_RATES.flopsPerSecond / 4, 0);
  expect(rates.memoryBytesPerSecond).toBeCloseTo(REFERENCE_RATES.memoryBytesPerSecond / 2, 0);
  const estimate = estimateProfile({ digest: "n", layers: [layer(8e9, 1e6)] }, { deviceClass: "slow", rates });
  expect(estimate).toMatchObject({ kind: "estimated", basis: "device", deviceClass: "slow", measuredAt: null });
  expect(estimate.wholeMs).toBeCloseTo(800, 6);
});

test("a kind of layer that was hardly seen takes the pace of the whole", () => {
  const rates = deviceRates([reachedPace("mdl_a", { layers: [layer(4e9, 1e6)] }, { layerMs: [300] })]);
  expect(rates?.memoryBytesPerSecond).toBeCloseTo(REFERENCE_RATES.memoryBytesPerSecond / 3, 0);
});

test("nothing measured says nothing", () => {
  expect(deviceRates([])).toBeNull();
  expect(deviceRates([reachedPace("mdl_a", model, { layerMs: [0, 0, 0] })])).toBeNull();
});
