import type { Instance } from "../instance.ts";
import { type AdditiveCosts, additiveCosts, hopCost, LATENCY_WEIGHTS } from "../search/additive-costs.ts";
import type { SearchRequest } from "../search/solver.ts";

/** What a rule adds up or takes the maximum of: the objective's own terms of a stage and a hop. */
export type StepCost = {
  stage(processor: number, from: number, to: number): number;
  /** Infinity where the hop may not be taken. */
  hop(fromPlace: number, toPlace: number, at: number): number;
  join(a: number, b: number): number;
};

/** Additive objectives: weighted terms, joined by a sum. The bottleneck: busy times of the node and of the hop's slowest link, joined by the maximum. */
export function stepCost(request: SearchRequest): StepCost {
  const { instance, objective } = request;
  if (objective.kind === "additive") return additiveSteps(instance, additiveCosts(instance, objective.weights, request.moving));
  const costs = additiveCosts(instance, LATENCY_WEIGHTS);
  const latency = additiveSteps(instance, costs);
  return {
    stage: (processor, from, to) => latency.stage(processor, from, to) / instance.processors[processor]!.streams,
    hop: (from, to, at) => (Number.isFinite(hopCost(instance, costs, from, to, at)) ? linkMs(instance, from, to, at) : Number.POSITIVE_INFINITY),
    join: Math.max,
  };
}

/** Latency alone, whatever the objective: for rules that know nothing else. */
export function latencySteps(instance: Instance): StepCost {
  return additiveSteps(instance, additiveCosts(instance, LATENCY_WEIGHTS));
}

function additiveSteps(instance: Instance, costs: AdditiveCosts): StepCost {
  return {
    stage: (processor, from, to) => costs.fixed[processor]! + costs.upTo[processor]![to]! - costs.before[processor]![from]!,
    hop: (from, to, at) => hopCost(instance, costs, from, to, at),
    join: (a, b) => a + b,
  };
}

function linkMs({ hops, places, crossingBytes }: Instance, from: number, to: number, at: number): number {
  let most = 0;
  for (const link of hops.links[from * places.length + to]!) most = Math.max(most, crossingBytes[at]! * hops.linkPerByteMs[link]!);
  return most;
}
