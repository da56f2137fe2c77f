// Owns what an explanation needs to be said to people: names of what the instance knows by index, and figures in their units.
import type { LatencyFigure } from "../demand.ts";
import type { SearchObjective } from "../search/solver.ts";

export type Words = {
  node(index: number): string;
  place(index: number): string;
  link(index: number): string;
  /** Layers [from, to), e.g. "layers 3–5" or "layer 3 (conv1)". */
  layers(from: number, to: number): string;
};

export function sayBytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${Math.max(1, Math.ceil(bytes / 1e6))} MB`;
}

export function sayMs(ms: number): string {
  return `${ms >= 100 ? ms.toFixed(0) : ms >= 1 ? ms.toFixed(1) : Number(ms.toPrecision(2))} ms`;
}

/** Requests a second that fit into what one keeps the busiest part busy. */
export function sayRate(bottleneckMs: number): string {
  return sayPerSecond(1000 / bottleneckMs);
}

export function sayPerSecond(perSecond: number): string {
  return `${Number(perSecond.toPrecision(3))} requests/s`;
}

export function sayShare(share: number): string {
  const percent = Math.abs(share) * 100;
  return `${percent >= 10 ? percent.toFixed(0) : percent >= 0.1 ? percent.toFixed(1) : "less than 0.1"} %`;
}

/** "on average", "for 99 % of the requests". */
export function sayFigure(figure: LatencyFigure): string {
  return figure === "mean" ? "on average" : `for ${Number((figure.share * 100).toPrecision(6))} % of the requests`;
}

/** A cost of the objective; a mix has no unit of its own. */
export function sayCost(objective: SearchObjective, cost: number): string {
  if (objective.kind === "bottleneck") return sayRate(cost);
  if (objective.kind === "demand") return `${sayMs(cost)} ${sayFigure(objective.figure)}`;
  const used = Object.entries(objective.weights).filter(([, weight]) => weight !== 0);
  const [only] = used;
  if (used.length !== 1 || !only || only[1] !== 1) return `a cost of ${Number(cost.toPrecision(4))}`;
  if (only[0] === "latencyMs") return sayMs(cost);
  const unit = { joules: "J", grams: "g CO₂", money: "per request", varianceMs2: "ms²" }[only[0]];
  return `${Number(cost.toPrecision(3))} ${unit}`;
}
