import type { SearchStage } from "../instance.ts";
import type { Trial } from "./define-baseline.ts";
import { type PlainNode, plainNodes } from "./plain-nodes.ts";
import { stageWindow } from "./stage-window.ts";
import { type StepCost, stepCost } from "./step-cost.ts";

/** A place that a two-way rule keeps the front of the model on, and the others it may send the rest to. */
export type Pair = { local: PlainNode; remote: PlainNode };

/** The source with each other node; each node with each other one where no source is fixed. */
export function pairsOf({ request: { instance } }: Trial): Pair[] {
  const nodes = plainNodes(instance);
  const locals = instance.source < 0 ? nodes : nodes.filter((node) => node.place === instance.source);
  return locals.flatMap((local) => nodes.filter((remote) => remote.node !== local.node).map((remote) => ({ local, remote })));
}

/** Layers [0, at) at the source, the rest beyond it; at = 0 or n is one of the two alone. */
export function twoStages({ local, remote }: Pair, at: number, layerCount: number): SearchStage[] {
  return [{ processor: local.index, from: 0, to: at }, { processor: remote.index, from: at, to: layerCount }].filter((stage) => stage.to > stage.from);
}

/** Costs of cutting a pair at each position, Infinity where it can't be: cut, memory, way or trust. */
export function twoWayCosts(trial: Trial, { local, remote }: Pair): Float64Array {
  const { instance } = trial.request;
  const { layerCount } = instance;
  const steps: StepCost = stepCost(trial.request);
  const localUntil = stageWindow(instance, local.processor, 0);
  const costs = new Float64Array(layerCount + 1).fill(Number.POSITIVE_INFINITY);
  for (let at = layerCount; at >= 0; at--) {
    if (instance.legal[at] !== 1 || at > localUntil) continue;
    if (at < layerCount && stageWindow(instance, remote.processor, at) < layerCount) break;
    const stages = twoStages({ local, remote }, at, layerCount);
    const places = stages.map((stage) => (stage.processor === local.index ? local.place : remote.place));
    const source = instance.source < 0 ? places[0]! : instance.source;
    const sink = instance.sink < 0 ? source : instance.sink;
    let cost = steps.hop(source, places[0]!, 0);
    for (const [index, stage] of stages.entries()) {
      cost = steps.join(cost, steps.stage(stage.processor, stage.from, stage.to));
      cost = steps.join(cost, steps.hop(places[index]!, places[index + 1] ?? sink, stage.to));
    }
    costs[at] = cost;
  }
  return costs;
}
