import { defineBaseline } from "./define-baseline.ts";
import { pairsOf, twoStages, twoWayCosts } from "./two-way.ts";

/**
 * Neurosurgeon: the source keeps the front of the model, one other node gets the rest, all cuts are scanned for the least latency or energy (its Algorithm 1), both ends included.
 * The paper has one cloud; here every other node is tried as it. Its regression models are replaced by the same cost tables as everybody's.
 */
export const neurosurgeon = defineBaseline({
  name: "neurosurgeon/1",
  label: "Neurosurgeon (one cut)",
  source: "Kang et al., Neurosurgeon, ASPLOS 2017, Algorithm 1.",
  rule: (trial) => {
    const { layerCount } = trial.request.instance;
    const pairs = pairsOf(trial);
    if (pairs.length === 0) return "It cuts between the source and another node, and there are no such two.";
    let any = false;
    for (const pair of pairs) {
      if (trial.stopped()) return null;
      const costs = twoWayCosts(trial, pair);
      const at = costs.indexOf(costs.reduce((least, cost) => Math.min(least, cost), Number.POSITIVE_INFINITY));
      if (at < 0 || !Number.isFinite(costs[at]!)) continue;
      any = true;
      trial.score(twoStages(pair, at, layerCount));
    }
    return any ? null : "No two nodes, the source among them, can hold the model at a cut that is allowed.";
  },
});
