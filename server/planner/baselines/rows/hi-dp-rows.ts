import { type PlainNode, plainNodes, sourceFirst } from "../plain-nodes.ts";
import { inProportion } from "./mo-dnn.ts";
import type { RowBaseline } from "./row-baseline.ts";
import { evaluateRows, type RowSegment } from "./row-plan.ts";

/**
 * HiDP's data-wise mode at the global level: rows in proportion to rate over the source and the k − 1 fastest others, the k with the least latency. The mode holds for the whole model, as there. At the local
 * level a board's rows stay in its fastest unit. HiDP itself takes the better of this and its model-wise plan.
 */
export const hiDpRows: RowBaseline = {
  name: "hi-dp-rows/1",
  label: "HiDP (data-wise)",
  source: "Taufique et al., HiDP, DATE 2025 (arXiv 2411.16086), σ mode; our reading, no code is published.",
  plan(group) {
    const { instance, layers } = group;
    const nodes = sourceFirst(instance, plainNodes(instance).sort((a, b) => a.wholeMs - b.wholeMs));
    const dense = layers.findIndex((layer) => !layer.splitsByRows);
    const rows = dense < 0 ? layers.length : dense;
    const options = nodes.map((_, last) => planOver(nodes.slice(0, last + 1), rows, layers.length)).map((segments) => ({ segments, figures: evaluateRows(group, segments) }));
    return options.reduce((best, option) => (option.figures.latencyMs < best.figures.latencyMs ? option : best));
  },
};

function planOver(nodes: readonly PlainNode[], rows: number, layers: number): RowSegment[] {
  const fastest = nodes.reduce((best, node) => (node.wholeMs < best.wholeMs ? node : best));
  const ordered = [fastest, ...nodes.filter((node) => node !== fastest)];
  const segments: RowSegment[] = [{ from: 0, to: rows, members: inProportion(ordered), halo: "exchange" }, { from: rows, to: layers, members: [{ processor: fastest.index, share: 1 }], halo: "exchange" }];
  return segments.filter((segment) => segment.to > segment.from);
}
