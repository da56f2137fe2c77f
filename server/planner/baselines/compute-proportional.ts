import { cutIntoShares } from "./cut-into-shares.ts";
import { defineBaseline } from "./define-baseline.ts";
import { plainNodes, sourceFirst } from "./plain-nodes.ts";

/** Work in proportion to speed: stages take about equally long, whatever the links. Every number of nodes is tried, the source and then the fastest. */
export const computeProportional = defineBaseline({
  name: "compute-proportional/1",
  label: "In proportion to speed",
  source: "Work ∝ 1 / time of the whole model on the node; best number of nodes.",
  rule: ({ request: { instance }, score, stopped }) => {
    const nodes = sourceFirst(instance, plainNodes(instance).sort((a, b) => a.wholeMs - b.wholeMs));
    const reference = nodes[0]?.processor.upToMs;
    if (!reference) return "No node runs stages.";
    for (let count = 1; count <= Math.min(nodes.length, instance.layerCount) && !stopped(); count++) {
      const chosen = nodes.slice(0, count);
      score(cutIntoShares(instance, chosen, chosen.map((node) => 1 / Math.max(node.wholeMs, 1e-9)), reference));
    }
    return null;
  },
});
