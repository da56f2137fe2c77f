import { expect, test } from "vitest";
import { LEAST_WINDOW_FRAMES, WINDOW_BYTES } from "../../agents/stage/frame-window.ts";
import { seededRandom } from "../model/seeded-random.ts";
import type { Cut, Layer } from "../model/model.ts";
import { stageMemoryBytes } from "./stage-memory.ts";
import { workingBytes } from "./working-bytes.ts";

const layer = (workspaceBytes: number, opType: string) => ({ workspaceBytes, opTypes: { [opType]: 1 } }) as unknown as Layer;
const cut = (bytes: number, legal = true) => ({ bytes, legal }) as Cut;
const none = { inputBytes: 0, outputBytes: 0 };

test("convolutions keep more than their live values, and frames count at the legal cuts beside a layer", () => {
  const facts = { layers: [layer(1e6, "Conv"), layer(1e6, "MatMul"), layer(1e6, "MatMul")], cuts: [cut(2e5), cut(9e5, false)] };
  const { layerWorkspaceBytes: [first = 0, second = 0, third = 0], parts } = workingBytes(facts, { inputBytes: 1e5, outputBytes: 1e4 });
  expect(first).toBeGreaterThan(second);
  expect(second).toBeGreaterThan(third);
  expect(third).toBeGreaterThan(1e6);
  expect(parts.frameBytes[2]).toBe(0);
});

test("more bytes never need less", () => {
  const need = (bytes: number) => workingBytes({ layers: [layer(0, "MatMul"), layer(0, "MatMul")], cuts: [cut(bytes)] }, none).layerWorkspaceBytes[0] ?? 0;
  const sizes = Array.from({ length: 60 }, (_, index) => 1.4 ** index);
  for (const [index, size] of sizes.entries()) if (index > 0) expect(need(size)).toBeGreaterThanOrEqual(need(sizes[index - 1] ?? 0));
});

test("frames count by what the agent's window lets in", () => {
  for (const bytes of [1e3, 1e5, 1e6, 2e7]) {
    const counted = workingBytes({ layers: [layer(0, "MatMul"), layer(0, "MatMul")], cuts: [cut(bytes)] }, none).parts.frameBytes[1] ?? 0;
    expect(counted).toBeGreaterThanOrEqual(Math.min(64 * bytes, Math.max(WINDOW_BYTES, LEAST_WINDOW_FRAMES * bytes)));
  }
});

test("large frames inside a stage are none of its own, and a stage is never predicted to hold more than a search adds up", () => {
  const inside = { layers: [layer(1e6, "MatMul"), layer(1e6, "MatMul")], cuts: [cut(2e7)] };
  const memory = (tables: Parameters<typeof stageMemoryBytes>[0], from: number, to: number) => stageMemoryBytes({ ...tables, layerWeightBytes: tables.layerWorkspaceBytes.map(() => 0) }, from, to);
  const tables = { layerWeightBytes: [], ...workingBytes(inside, none) };
  expect(memory(tables, 0, 2)).toBeLessThan(memory(tables, 0, 1) - 5e7);
  const random = seededRandom(11);
  for (let round = 0; round < 100; round++) {
    const facts = { layers: Array.from({ length: 6 }, () => layer(3e7 * random(), random() < 0.5 ? "Conv" : "MatMul")), cuts: Array.from({ length: 5 }, () => cut(1e7 * random() ** 3, random() < 0.8)) };
    const { layerWorkspaceBytes, parts } = workingBytes(facts, { inputBytes: 1e6 * random(), outputBytes: 1e6 * random() });
    for (let from = 0; from < 6; from++) for (let to = from + 1; to <= 6; to++) {
      const apart = stageMemoryBytes({ layerWeightBytes: [], layerWorkspaceBytes, parts }, from, to);
      expect(apart).toBeLessThanOrEqual(stageMemoryBytes({ layerWeightBytes: [], layerWorkspaceBytes }, from, to));
    }
  }
});
