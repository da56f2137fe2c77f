import { defineBaseline } from "./define-baseline.ts";

/** The whole model where requests enter: no network at all. */
export const sourceOnly = defineBaseline({
  name: "source-only/1",
  label: "The source alone",
  source: "Everything where requests enter, in the node's best mode.",
  rule: ({ request: { instance }, score }) => {
    if (instance.source < 0) return "Requests enter wherever the first stage is: no node is the source.";
    for (const [processor, { place }] of instance.processors.entries()) if (place === instance.source) score([{ processor, from: 0, to: instance.layerCount }]);
    return instance.processors.some(({ place }) => place === instance.source) ? null : "The source runs no stages.";
  },
});
