import { defineBaseline } from "./define-baseline.ts";

/** The whole model on whichever node and mode serves it best: what anybody should beat who cuts. */
export const singleNode = defineBaseline({
  name: "single-node/1",
  label: "One node, the best",
  source: "No cut at all; every node and mode is tried.",
  rule: ({ request: { instance }, score }) => {
    for (let processor = 0; processor < instance.processors.length; processor++) score([{ processor, from: 0, to: instance.layerCount }]);
    return null;
  },
});
