import { expect, test } from "vitest";
import type { MeasuredProfile } from "../../agents/protocol/control.ts";
import { estimateProfile } from "./estimate-profile.ts";
import { layersFromMeasured } from "./measured-profile.ts";
import type { Layer } from "./model.ts";

const layer = (index: number, opNames: string[], over: Partial<Layer> = {}): Layer => ({ index, name: `l${index}`, scope: [], kind: "Conv", opCount: opNames.length, opTypes: { Conv: opNames.length }, opNames, parameterCount: 0, weightBytes: 1000, flops: 1e6 * (index + 1), workspaceBytes: 1000, outputs: [], ...over });
const measured = (ops: MeasuredProfile["ops"], wholeMs: number): MeasuredProfile => ({ deviceClass: "test", ortVersion: "1", session: { intraOpThreads: 1, optimization: "all", provider: "cpu" }, runs: 5, wholeMs, wholeSdMs: 0.1, loadMs: 1, residentBytes: 1, ops });
const facts = { digest: "d", layers: [layer(0, ["/net/conv1", "/net/relu1"]), layer(1, ["/net/conv2"]), layer(2, ["#7"], { opTypes: { MatMul: 1 } })] };

test("times go to the layer of the op's name, fused names included, and add up to the whole", () => {
  const profile = layersFromMeasured(facts, measured([{ name: "/net/conv1_nchwc", opType: "Conv", ms: 2 }, { name: "/net/conv2", opType: "Conv", ms: 4 }, { name: "fused_7", opType: "MatMul", ms: 2 }], 4), "2026-01-01T00:00:00Z");
  expect(profile.layerMs).toEqual([1, 2, 1]);
  expect(profile).toMatchObject({ kind: "measured", wholeMs: 4, runs: 5 });
});

test("what no name explains is spread by the estimate, never lost", () => {
  const profile = layersFromMeasured(facts, measured([{ name: "ReorderInput", opType: "ReorderInput", ms: 6 }], 6), "2026-01-01T00:00:00Z");
  const estimate = estimateProfile(facts);
  expect(profile.layerMs.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(6, 9);
  expect((profile.layerMs[2] ?? 0) / (profile.layerMs[0] ?? 1)).toBeCloseTo((estimate.layerMs[2] ?? 0) / (estimate.layerMs[0] ?? 1), 9);
});

test("a measurement without ops still gives the whole", () => {
  const profile = layersFromMeasured(facts, measured([], 3), "2026-01-01T00:00:00Z");
  expect(profile.layerMs.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(3, 9);
});

test("types that only objects have are no types of the model's", () => {
  const odd = ["constructor", "toString", "__proto__"].map((opType) => ({ name: "", opType, ms: 1 }));
  const profile = layersFromMeasured(facts, measured([...odd, { name: "/net/conv2", opType: "Conv", ms: 1 }], 4), "2026-01-01T00:00:00Z");
  expect(profile.layerMs.every((ms) => Number.isFinite(ms) && ms >= 0)).toBe(true);
  expect(profile.layerMs.reduce((sum, ms) => sum + ms, 0)).toBeCloseTo(4, 9);
});
