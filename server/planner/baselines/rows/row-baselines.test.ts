import { expect, test } from "vitest";
import { evaluate } from "../../evaluate.ts";
import type { GroupInstance } from "../../families/group-instance.ts";
import { buildGroupInstance } from "../../families/group-instance.ts";
import { plainNodes } from "../plain-nodes.ts";
import { ROW_BASELINES } from "./row-baselines.ts";
import { evaluateRows } from "./row-plan.ts";

const group = buildGroupInstance(3);

test("one member with all rows is the chain of one stage", () => {
  for (const { index } of plainNodes(group.instance)) {
    const rows = evaluateRows(group, [{ from: 0, to: group.layers.length, members: [{ processor: index, share: 1 }], halo: "exchange" }]);
    const chain = evaluate(group.instance, [{ processor: index, from: 0, to: group.layers.length }])!;
    expect(rows.latencyMs).toBeCloseTo(chain.latencyMs, 9);
    expect(Math.abs(rows.bottleneckMs - chain.bottleneckMs)).toBeLessThanOrEqual(0.5);
  }
});

/** Two equal nodes, two layers of 8 rows at 8 ms, 1 byte and 1 ms a row, 1 ms a hop, one halo row. */
function hand(): GroupInstance {
  const layer = { kind: "conv", flops: 1, weightBytes: 1, inRows: 8, inBytesPerRow: 1, outRows: 8, outBytesPerRow: 1, haloRows: 1, stride: 1, splitsByRows: true } as const;
  const upToMs = Float64Array.of(0, 8, 16);
  const processor = (place: number) => ({ place, unit: 0, mode: 0, stageMs: 0, upToMs, beforeMs: upToMs, varianceUpToMs2: null, streams: 1, stageBytes: 0, residentBytes: Float64Array.of(0, 1, 2), workspaceBytes: new Float64Array(2), allowedUntil: Int32Array.of(2, 2, 2), joulesPerMs: 1, moneyPerMs: 0, gramsPerMs: 0 });
  const table = (value: number) => Float64Array.of(0, value, value, 0);
  return {
    model: "hand",
    layers: [layer, layer],
    instance: {
      layerCount: 2, legal: Uint8Array.of(1, 1, 1), crossingBytes: Float64Array.of(8, 8, 8), tainted: new Uint8Array(3), nodes: [0, 1].map(() => ({ freeBytes: 100, spareShare: 1, zone: -1 })), places: [0, 1].map((node) => ({ nodes: [node], share: [1] })), processors: [processor(0), processor(1)],
      hops: { way: Uint8Array.of(2, 2, 2, 2), fixedMs: table(1), perByteMs: table(1), fixedVarianceMs2: table(0), perByteVarianceMs2: table(0), joulesPerByte: table(0), moneyPerByte: table(0), gramsPerByte: table(0), links: [[], [0], [1], []], linkPerByteMs: Float64Array.of(1, 1) },
      source: 0, sink: 0, limits: { minStages: 1, maxStages: 2, oncePerNode: false, bottleneckMs: Number.POSITIVE_INFINITY, latencyMs: Number.POSITIVE_INFINITY }, apart: [], constantMs: 0,
    },
  };
}

test("halves of two layers: exchanged or computed again", () => {
  const members = [{ processor: 0, share: 0.5 }, { processor: 1, share: 0.5 }];
  // 4 + 1 rows over: 1 + 5. Layer: 4. One halo row each way at once: 1 + 1. Layer: 4. Four rows back: 1 + 4.
  expect(evaluateRows(hand(), [{ from: 0, to: 2, members, halo: "exchange" }])).toEqual({ latencyMs: 21, bottleneckMs: 8, joules: 16 });
  // 4 + 2 rows over: 1 + 6. The first layer on 5 rows: 5. The second on its own 4. Four rows back: 1 + 4.
  expect(evaluateRows(hand(), [{ from: 0, to: 2, members, halo: "recompute" }])).toEqual({ latencyMs: 21, bottleneckMs: 9, joules: 18 });
});

test.each(ROW_BASELINES.map((baseline) => [baseline.name, baseline] as const))("%s covers the model, shares all rows and says the same twice", (_name, baseline) => {
  for (let seed = 0; seed < 8; seed++) {
    const own = buildGroupInstance(seed);
    const { segments, figures } = baseline.plan(own);
    expect(segments.map(({ from, to }) => [from, to])).toEqual(segments.map(({ to }, index) => [segments[index - 1]?.to ?? 0, to]));
    expect(segments.at(-1)?.to).toBe(own.layers.length);
    for (const { members, from, to } of segments) {
      expect(members.reduce((sum, member) => sum + member.share, 0)).toBeCloseTo(1, 9);
      if (members.length > 1) expect(own.layers.slice(from, to).every((layer) => layer.splitsByRows)).toBe(true);
    }
    expect(figures).toEqual(baseline.plan(own).figures);
    expect(figures.latencyMs).toBeGreaterThan(0);
  }
});
