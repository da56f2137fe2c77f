// The least time per request, by visiting every chain that keeps within the constraints, pruned only by the best so far. It shares nothing with the solvers but the instance and the checker.
import { checkStages } from "../../server/planner/check-stages.ts";
import { type Instance, processorStageMs, type SearchStage } from "../../server/planner/instance.ts";
import { tallyStages } from "../../server/planner/tally-stages.ts";

/** Infinity where there is no plan. For a node at most once, and up to some 20 layers on 5 nodes. */
export function exactBottleneck(instance: Instance): number {
  const stages: SearchStage[] = [];
  const used = new Set<number>();
  let best = Number.POSITIVE_INFINITY;
  const visit = (from: number) => {
    if (from === instance.layerCount) {
      if (checkStages(instance, stages).length === 0) best = Math.min(best, tallyStages(instance, stages).bottleneckMs);
      return;
    }
    for (const [index, processor] of instance.processors.entries()) {
      if (used.has(processor.place)) continue;
      used.add(processor.place);
      for (let to = from + 1; to <= processor.allowedUntil[from]!; to++) {
        // A stage alone keeps its node busy that long, and longer stages longer still.
        if (processorStageMs(processor, from, to) / processor.streams >= best) break;
        stages.push({ processor: index, from, to });
        visit(to);
        stages.pop();
      }
      used.delete(processor.place);
    }
  };
  visit(0);
  return best;
}
