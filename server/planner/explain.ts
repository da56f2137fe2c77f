// Owns a plan's reasons in words: what binds, what one node alone would do, what is only estimated.
import type { Estimate } from "./plan.ts";
import type { Problem } from "./problem.ts";

/** Sentences for people, most important first. */
export function explainEstimate(problem: Problem, estimate: Estimate): string[] {
  const name = (id: string) => problem.nodes.find((node) => node.topologyNodeId === id)?.name ?? id;
  const sentences: string[] = [];
  if (estimate.bottleneck.kind === "stage") {
    const stage = estimate.stages[estimate.bottleneck.index];
    if (stage) sentences.push(`Throughput is bound by ${name(stage.topologyNodeId)}: ${stage.to - stage.from === 1 ? `layer ${stage.to} takes` : `layers ${stage.from + 1}–${stage.to} take`} ${stage.computeMs.toFixed(1)} ms there.`);
  } else {
    const hop = estimate.hops[estimate.bottleneck.index];
    if (hop) sentences.push(`Throughput is bound by the link from ${name(hop.fromTopologyNodeId)} to ${name(hop.toTopologyNodeId)}: ${Math.ceil(hop.bytes / 1000)} kB take ${hop.transferMs.toFixed(1)} ms.`);
  }
  const single = estimate.bestSingleNode;
  if (single && estimate.stages.length > 1 && single.latencyMs < estimate.latencyMs) sentences.push(`${name(single.topologyNodeId)} alone would answer faster: ${single.latencyMs.toFixed(1)} ms instead of ${estimate.latencyMs.toFixed(1)} ms.`);
  if (estimate.kind !== "measured") {
    const unmeasured = [...new Set(estimate.stages.filter((stage) => stage.kind === "estimated").map((stage) => name(stage.topologyNodeId)))];
    sentences.push(unmeasured.length > 0 ? `Layer times on ${unmeasured.join(", ")} are estimated, not measured.` : "Some link figures are drawn or assumed, not measured.");
  }
  return sentences;
}
