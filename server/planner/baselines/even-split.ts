import { cutIntoShares } from "./cut-into-shares.ts";
import { defineBaseline } from "./define-baseline.ts";
import { plainNodes, sourceFirst } from "./plain-nodes.ts";

/** The same number of layers for each of k nodes. The rule leaves k open: every k is tried, the source and then the fastest nodes, which is more than is usually done with it. */
export const evenSplit = defineBaseline({
  name: "even-split/1",
  label: "Even split",
  source: "Equal numbers of layers, as in DEFER and in hand-written device maps; best number of nodes.",
  rule: ({ request: { instance }, score, stopped }) => {
    const nodes = sourceFirst(instance, plainNodes(instance).sort((a, b) => a.wholeMs - b.wholeMs));
    const upTo = Array.from({ length: instance.layerCount + 1 }, (_, at) => at);
    for (let count = 1; count <= Math.min(nodes.length, instance.layerCount) && !stopped(); count++) score(cutIntoShares(instance, nodes.slice(0, count), new Array(count).fill(1), upTo));
    return null;
  },
});
