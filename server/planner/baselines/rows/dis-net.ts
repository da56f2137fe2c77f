import type { GroupInstance } from "../../families/group-instance.ts";
import { type PlainNode, plainNodes } from "../plain-nodes.ts";
import { inProportion } from "./mo-dnn.ts";
import type { RowBaseline } from "./row-baseline.ts";
import { evaluateRows, type RowSegment } from "./row-plan.ts";

/** Most nodes at once, by quarter of the layers that split by rows: the deeper, the fewer rows there are to share. */
const MOST_BY_QUARTER = [5, 4, 3, 2];

/**
 * DisNet: a path from the source to the sink, the one richest in resources; at each range of layers the point of the path with the best neighbourhood, whose best k nodes share the rows in proportion to
 * capability, each computing its receptive field again rather than asking neighbours; the last layers on the path's strongest node. Where all nodes reach each other a path is the source and one more node,
 * and "richest" is speed × link rate, each relative to the best.
 */
export const disNet: RowBaseline = {
  name: "dis-net/1",
  label: "DisNet (path and neighbours)",
  source: "Samikwa et al., DISNET, IoT-J 2024; ricsamikwa/DiSNet opt/opt_DiSNet.py, network.py, field_DiSNet.py.",
  plan(group) {
    const nodes = plainNodes(group.instance);
    const source = nodes.find((node) => node.place === group.instance.source) ?? nodes[0]!;
    const others = nodes.filter((node) => node !== source).sort((a, b) => resources(group, nodes, source, b) - resources(group, nodes, source, a));
    const path = [source, ...others.slice(0, 1)];
    const dense = group.layers.findIndex((layer) => !layer.splitsByRows);
    const splittable = dense < 0 ? group.layers.length : dense;
    const segments: RowSegment[] = [];
    for (const [quarter, most] of MOST_BY_QUARTER.entries()) {
      const [from, to] = [Math.round((quarter * splittable) / MOST_BY_QUARTER.length), Math.round(((quarter + 1) * splittable) / MOST_BY_QUARTER.length)];
      if (to > from) segments.push(cheapest(group, segments, path.map((point) => ({ from, to, members: inProportion(neighbourhood(group, nodes, point, most)), halo: "recompute" }))));
    }
    const strongest = path.reduce((best, node) => (node.wholeMs < best.wholeMs ? node : best), source);
    if (splittable < group.layers.length) segments.push({ from: splittable, to: group.layers.length, members: [{ processor: strongest.index, share: 1 }], halo: "recompute" });
    return { segments, figures: evaluateRows(group, segments) };
  },
};

/** The point itself first, then the neighbours with most resources as it sees them. */
function neighbourhood(group: GroupInstance, nodes: readonly PlainNode[], point: PlainNode, most: number): PlainNode[] {
  const near = nodes.filter((node) => node !== point).sort((a, b) => resources(group, nodes, point, b) - resources(group, nodes, point, a));
  return [point, ...near.slice(0, most - 1)];
}

function resources({ instance }: GroupInstance, nodes: readonly PlainNode[], from: PlainNode, node: PlainNode): number {
  const rate = (to: PlainNode) => 1 / Math.max(instance.hops.perByteMs[from.place * instance.places.length + to.place]!, 1e-12);
  const best = (of: (one: PlainNode) => number) => Math.max(...nodes.filter((one) => one !== from).map(of));
  return (1 / node.wholeMs / best((one) => 1 / one.wholeMs)) * (rate(node) / best(rate));
}

/** Of the neighbourhoods the one that brings the request through this range soonest, moving there included. */
function cheapest(group: GroupInstance, before: readonly RowSegment[], options: RowSegment[]): RowSegment {
  const costs = options.map((option) => evaluateRows(group, [...before, option]).latencyMs);
  return options[costs.indexOf(Math.min(...costs))]!;
}
