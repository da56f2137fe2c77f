// Owns how far what a node showed on the part that it ran is believed of the whole model: a part of a millisecond fits into a quota's burst and says little of layers that
// take a hundred. Shrinkage towards what the others show, since a prediction is mostly off for all alike. Pure.
import type { ProblemNode } from "../../planner/problem.ts";
import type { Signal } from "./signal.ts";

/** Predicted milliseconds of what its bias was learnt with, by drawn node. */
export type RanMs = Readonly<Record<string, number>>;

/** A part that is predicted to take this share of the whole model there, or more, speaks for all of it. */
const WHOLE_SHARE = 0.25;
/** A part that is so many times larger or smaller than what was learnt with is another one: its bias is learnt anew. */
const OTHER_PART = 3;
/** After so many samples of another size, it is what was learnt with. */
const MEMORY = 60;

/** Logarithms, by drawn node: of the others' alone where it never ran a part of it. What was learnt of a node that is slow just now counts as before: it was learnt while it was well. */
export function believedBiases(nodes: readonly Pick<ProblemNode, "topologyNodeId" | "cumulativeMs">[], signals: Readonly<Record<string, Signal>>, served: readonly string[], ran: RanMs): Map<string, number> {
  const known = nodes.flatMap(({ topologyNodeId: id, cumulativeMs }) => {
    const signal = signals[`node:${id}`];
    if (!signal || !served.includes(id)) return [];
    const wholeMs = cumulativeMs?.at(-1) ?? 0;
    const ranMs = ran[id];
    return [{ id, bias: signal.bias, isLearnt: signal.samples > 0, weight: ranMs === undefined || wholeMs <= 0 ? 1 : Math.min(1, ranMs / (WHOLE_SHARE * wholeMs)) }];
  });
  const usual = weightedMedian(known.filter(({ isLearnt }) => isLearnt));
  const own = new Map(known.map((one) => [one.id, one]));
  return new Map(nodes.map(({ topologyNodeId: id }) => {
    const one = own.get(id);
    return [id, one ? one.weight * one.bias + (1 - one.weight) * usual : usual];
  }));
}

/** `isOther`: what it runs now is of so different a size that nothing of its bias holds. */
export function followPart(beforeMs: number | undefined, nowMs: number): { ranMs: number; isOther: boolean } {
  if (beforeMs === undefined) return { ranMs: nowMs, isOther: false };
  if (nowMs > OTHER_PART * beforeMs || nowMs < beforeMs / OTHER_PART) return { ranMs: nowMs, isOther: true };
  return { ranMs: beforeMs + (nowMs - beforeMs) / MEMORY, isOther: false };
}

function weightedMedian(known: readonly { bias: number; weight: number }[]): number {
  const sorted = known.toSorted((a, b) => a.bias - b.bias);
  const half = sorted.reduce((sum, { weight }) => sum + weight, 0) / 2;
  let sum = 0;
  for (const { bias, weight } of sorted) {
    sum += weight;
    if (sum >= half) return bias;
  }
  return 0;
}
