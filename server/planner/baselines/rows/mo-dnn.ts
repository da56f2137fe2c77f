import type { GroupInstance } from "../../families/group-instance.ts";
import { type PlainNode, plainNodes, sourceFirst } from "../plain-nodes.ts";
import type { RowBaseline } from "./row-baseline.ts";
import { evaluateRows, type RowSegment } from "./row-plan.ts";

/**
 * MoDNN: rows of every convolution in proportion to speed over all nodes (its biased one-dimensional partition), the node with the request being the group's owner; dense layers, which it splits by sparsity,
 * run whole on the owner here. Neighbours exchange halo rows before each layer; the paper gathers whole outputs at the owner, so this helps it. Each node runs in its fastest mode.
 */
export const moDnn: RowBaseline = {
  name: "mo-dnn/1",
  label: "MoDNN (rows)",
  source: "Mao et al., MoDNN, DATE 2017, biased one-dimensional partition.",
  plan(group) {
    const nodes = sourceFirst(group.instance, plainNodes(group.instance));
    const segments = splitAt(group, inProportion(nodes), nodes[0]!);
    return { segments, figures: evaluateRows(group, segments) };
  },
};

/** Shares of the rows ∝ 1 / time of the whole model. */
export function inProportion(nodes: readonly PlainNode[]): RowSegment["members"] {
  const sum = nodes.reduce((all, node) => all + 1 / node.wholeMs, 0);
  return nodes.map((node) => ({ processor: node.index, share: 1 / node.wholeMs / sum }));
}

/** Layers up to the first dense one by rows, the rest on one node. */
function splitAt({ layers }: GroupInstance, members: RowSegment["members"], owner: PlainNode): RowSegment[] {
  const dense = layers.findIndex((layer) => !layer.splitsByRows);
  const rows = dense < 0 ? layers.length : dense;
  const tail: RowSegment = { from: rows, to: layers.length, members: [{ processor: owner.index, share: 1 }], halo: "exchange" };
  return [{ from: 0, to: rows, members, halo: "exchange" as const }, tail].filter((segment) => segment.to > segment.from);
}
