// Owns why a chain of stages on an instance is refused. It trusts no solver and uses nothing of theirs: their cost model has a second opinion here.
import type { Instance, SearchStage } from "./instance.ts";
import { crossingsOf, shareOf, tallyStages } from "./tally-stages.ts";
import { servedWithin, shareWithin } from "./tally-wait.ts";

export type ViolationCode =
  | "empty"
  | "unknown-processor"
  | "bad-range"
  | "gap"
  | "overlap"
  | "illegal-cut"
  | "not-allowed"
  | "same-unit"
  | "no-way"
  | "untrusted-way"
  | "memory"
  | "bottleneck-node"
  | "bottleneck-link"
  | "latency"
  | "slo"
  | "too-few-stages"
  | "too-many-stages"
  | "node-twice"
  | "apart";

export type Violation = {
  code: ViolationCode;
  /** Index of the stage; of a way, the stage it leads to (the number of stages = back to the sink). */
  stage?: number;
  node?: number;
  link?: number;
  /** Index in `instance.apart`. */
  apart?: number;
  /** Layer or position in the model. */
  at?: number;
  /** What it is and what it may be, in the unit of the limit: bytes, milliseconds or stages. */
  amount?: number;
  limit?: number;
};

/** A wait is reckoned another way than the solver does, a quantile halved to its last digits. */
const SLO_TOLERANCE = 1e-6;
/** Sums are taken in another order than the solver's: a limit is broken only beyond this share of it. */
const TOLERANCE = 1e-9;

/** Every violation; empty = accepted. Where the stages are no chain over the model, only that is told: nothing else has a meaning then. */
export function checkStages(instance: Instance, stages: readonly SearchStage[]): Violation[] {
  const broken = checkChain(instance, stages);
  if (broken.length > 0) return broken;
  return [...checkCuts(instance, stages), ...checkAllowed(instance, stages), ...checkUnits(instance, stages), ...checkCount(instance, stages), ...checkWays(instance, stages), ...checkOnce(instance, stages), ...checkApart(instance, stages), ...checkAmounts(instance, stages)];
}

function checkChain(instance: Instance, stages: readonly SearchStage[]): Violation[] {
  if (stages.length === 0) return [{ code: "empty" }];
  const found: Violation[] = [];
  let at = 0;
  for (const [stage, { processor, from, to }] of stages.entries()) {
    if (!Number.isInteger(processor) || processor < 0 || processor >= instance.processors.length) found.push({ code: "unknown-processor", stage });
    if (!Number.isInteger(from) || !Number.isInteger(to) || from < 0 || to <= from || to > instance.layerCount) {
      found.push({ code: "bad-range", stage });
      continue;
    }
    if (from > at) found.push({ code: "gap", stage, at });
    if (from < at) found.push({ code: "overlap", stage, at: from });
    at = to;
  }
  if (at < instance.layerCount) found.push({ code: "gap", stage: stages.length, at });
  return found;
}

function checkCuts(instance: Instance, stages: readonly SearchStage[]): Violation[] {
  return stages.flatMap(({ from }, stage) => (stage === 0 || instance.legal[from] === 1 ? [] : [{ code: "illegal-cut", stage, at: from } as const]));
}

/** Layer by layer: the window of each layer must reach past it. */
function checkAllowed(instance: Instance, stages: readonly SearchStage[]): Violation[] {
  return stages.flatMap(({ processor, from, to }, stage) => {
    const { allowedUntil } = instance.processors[processor]!;
    for (let layer = from; layer < to; layer++) if (allowedUntil[layer]! <= layer) return [{ code: "not-allowed", stage, at: layer } as const];
    return [];
  });
}

function checkUnits(instance: Instance, stages: readonly SearchStage[]): Violation[] {
  return stages.flatMap(({ processor }, stage) => {
    const own = instance.processors[processor]!;
    const before = stage === 0 ? undefined : instance.processors[stages[stage - 1]!.processor];
    return before && before.place === own.place && before.unit === own.unit ? [{ code: "same-unit", stage } as const] : [];
  });
}

function checkCount({ limits }: Instance, stages: readonly SearchStage[]): Violation[] {
  const amount = stages.length;
  if (amount < limits.minStages) return [{ code: "too-few-stages", amount, limit: limits.minStages }];
  if (amount > limits.maxStages) return [{ code: "too-many-stages", amount, limit: limits.maxStages }];
  return [];
}

function checkWays(instance: Instance, stages: readonly SearchStage[]): Violation[] {
  return crossingsOf(instance, stages).flatMap(({ from, to, position }, stage): Violation[] => {
    const way = instance.hops.way[from * instance.places.length + to];
    if (way === 0) return [{ code: "no-way", stage, at: position }];
    if (way !== 2 && instance.tainted[position] === 1) return [{ code: "untrusted-way", stage, at: position }];
    return [];
  });
}

function checkOnce(instance: Instance, stages: readonly SearchStage[]): Violation[] {
  if (!instance.limits.oncePerNode) return [];
  return instance.nodes.flatMap((_, node): Violation[] => {
    const amount = stages.filter((stage) => runsOn(instance, stage, node)).length;
    return amount > 1 ? [{ code: "node-twice", node, amount, limit: 1 }] : [];
  });
}

/** A node is within its own zone, also where it is drawn in none. */
function checkApart(instance: Instance, stages: readonly SearchStage[]): Violation[] {
  const { nodes } = instance;
  return instance.apart.flatMap((rule, apart) => {
    const hosts = (range: { from: number; to: number }) => nodes.flatMap((_, node) => (stages.some((stage) => stage.from < range.to && range.from < stage.to && runsOn(instance, stage, node)) ? [node] : []));
    const second = hosts(rule.second);
    const meets = (a: number, b: number) => a === b || (rule.within === "zone" && nodes[a]!.zone !== -1 && nodes[a]!.zone === nodes[b]!.zone);
    return hosts(rule.first).filter((node) => second.some((other) => meets(node, other))).map((node): Violation => ({ code: "apart", apart, node }));
  });
}

function checkAmounts(instance: Instance, stages: readonly SearchStage[]): Violation[] {
  const tally = tallyStages(instance, stages);
  const { limits } = instance;
  const memory = tally.nodeBytes.map((amount, node): Violation => ({ code: "memory", node, amount, limit: instance.nodes[node]!.freeBytes }));
  const nodes = tally.nodeBusyMs.map((amount, node): Violation => ({ code: "bottleneck-node", node, amount, limit: limits.bottleneckMs }));
  const links = tally.linkBusyMs.map((amount, link): Violation => ({ code: "bottleneck-link", link, amount, limit: limits.bottleneckMs }));
  const latency: Violation = { code: "latency", amount: tally.latencyMs, limit: limits.latencyMs };
  return [...[...memory, ...nodes, ...links, latency].filter(({ amount, limit }) => !within(amount!, limit!)), ...checkSlo(limits, tally)];
}

function checkSlo({ perSecond = 0, slo }: Instance["limits"], tally: ReturnType<typeof tallyStages>): Violation[] {
  if (!slo) return [];
  const served = { ...tally, bottleneckMs: slo.busyMs ?? tally.bottleneckMs };
  if (shareWithin(served, perSecond, slo.latencyMs * (1 + SLO_TOLERANCE)) >= slo.share) return [];
  return [{ code: "slo", amount: servedWithin(served, perSecond, slo.share), limit: slo.latencyMs }];
}

/** False also for what is no number. A node without a stage holds and does nothing, whatever is free of it. */
function within(amount: number, limit: number): boolean {
  return amount === 0 || amount <= limit + Math.abs(limit) * TOLERANCE;
}

function runsOn(instance: Instance, stage: SearchStage, node: number): boolean {
  return shareOf(instance, instance.processors[stage.processor]!.place, node) !== null;
}
