import type { Instance } from "../instance.ts";
import { type AdditiveCosts, additiveCosts, hopCost, LATENCY_WEIGHTS } from "../search/additive-costs.ts";
import type { SearchRequest } from "../search/solver.ts";
import type { HopCosts } from "./layer-walk.ts";

/** What a rule adds up or takes the maximum of: the objective's own terms of a stage and a hop. */
export type StepCost = {
  stage(processor: number, from: number, to: number): number;
  /** Infinity where the hop may not be taken. */
  hop(fromPlace: number, toPlace: number, at: number): number;
  join(a: number, b: number): number;
  /** The same hops as tables, for loops over all pairs; whether one may be taken is not in them. */
  hops: HopCosts;
};

/** Additive objectives: weighted terms, joined by a sum. The bottleneck: busy times of the node and of the hop's slowest link, joined by the maximum. */
export function stepCost(request: SearchRequest): StepCost {
  const { instance, objective } = request;
  if (objective.kind === "additive") return additiveSteps(instance, additiveCosts(instance, objective.weights, request.moving));
  const latency = latencySteps(instance);
  const { hops, places, crossingBytes, tainted } = instance;
  const perByte = Float64Array.from(hops.links, (links) => links.reduce((most, link) => Math.max(most, hops.linkPerByteMs[link]!), 0));
  const zero = new Float64Array(perByte.length);
  return {
    stage: (processor, from, to) => latency.stage(processor, from, to) / instance.processors[processor]!.streams,
    hop: (from, to, at) => (hops.way[from * places.length + to]! < 1 + tainted[at]! ? Number.POSITIVE_INFINITY : crossingBytes[at]! * perByte[from * places.length + to]!),
    join: Math.max,
    hops: { fixed: zero, perByte, perByte2: zero },
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
    hops: hopCosts(costs),
  };
}

export function hopCosts(costs: AdditiveCosts): HopCosts {
  return { fixed: costs.hopFixed, perByte: costs.hopPerByte, perByte2: costs.hopPerByte2 };
}
