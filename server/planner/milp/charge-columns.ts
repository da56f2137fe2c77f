// Owns what one column of the programme stands for and what it charges: a stage, a crossing between stages, or the way from the plan's end back to its begin.
import type { Instance, SearchStage } from "../instance.ts";
import type { SearchRequest } from "../search/solver.ts";
import type { Column, Crossing, Way } from "./milp.ts";

/** Null where a stage or way can be part of no plan. */
export type Charges = {
  constant: number;
  stage(stage: SearchStage): Column | null;
  crossing(crossing: Crossing): Column | null;
  way(way: Way): Column | null;
};

/** Number of the processor's place and unit: the first processor with the same. */
export function group(instance: Instance, stage: Pick<SearchStage, "processor">): number {
  const own = instance.processors[stage.processor]!;
  return instance.processors.findIndex(({ place, unit }) => place === own.place && unit === own.unit);
}

type Quantities = { latencyMs: number; varianceMs2: number; joules: number; money: number; grams: number };

export function chargeColumns({ instance, objective, moving }: Pick<SearchRequest, "instance" | "objective" | "moving">): Charges {
  const { hops, places, processors, nodes, limits } = instance;
  const weights = objective.kind === "additive" ? objective.weights : { latencyMs: 0, varianceMs2: 0, joules: 0, money: 0, grams: 0 };
  const price = (q: Quantities) => weights.latencyMs * q.latencyMs + weights.varianceMs2 * q.varianceMs2 + weights.joules * q.joules + weights.money * q.money + weights.grams * q.grams;

  /** Adds a hop to a column; false = there is none that may be taken. */
  function addHop(column: Column, hop: { from: number; to: number; at: number }): boolean {
    const index = hop.from * places.length + hop.to;
    if (hops.way[index] === 0 || (instance.tainted[hop.at] === 1 && hops.way[index] !== 2)) return false;
    const bytes = instance.crossingBytes[hop.at]!;
    const latencyMs = hops.fixedMs[index]! + bytes * hops.perByteMs[index]!;
    const varianceMs2 = hops.fixedVarianceMs2[index]! + bytes * bytes * hops.perByteVarianceMs2[index]!;
    column.cost += price({ latencyMs, varianceMs2, joules: bytes * hops.joulesPerByte[index]!, money: bytes * hops.moneyPerByte[index]!, grams: bytes * hops.gramsPerByte[index]! });
    column.latencyMs += latencyMs;
    for (const link of hops.links[index]!) add(column.busyMs, nodes.length + link, bytes * hops.linkPerByteMs[link]!);
    return true;
  }

  function stage({ processor: index, from, to }: SearchStage): Column | null {
    const processor = processors[index]!;
    const { nodes: members, share } = places[processor.place]!;
    const ms = processor.stageMs + processor.upToMs[to]! - processor.beforeMs[from]!;
    const isThere = instance.loaded?.some((one) => one.processor === index && one.from === from && one.to === to) ?? false;
    const bytes = isThere ? 0 : processor.stageBytes + processor.residentBytes[to]! - processor.residentBytes[from]! + processor.workspaceBytes.slice(from, to).reduce((a, b) => Math.max(a, b));
    const column = empty(`z_${index}_${from}_${to}`, true);
    column.stage = { processor: index, from, to };
    column.latencyMs = ms;
    const varianceMs2 = processor.varianceUpToMs2 ? processor.varianceUpToMs2[to]! - processor.varianceUpToMs2[from]! : 0;
    const bring = moving?.[index];
    column.cost = price({ latencyMs: ms, varianceMs2, joules: ms * processor.joulesPerMs, money: ms * processor.moneyPerMs, grams: ms * processor.gramsPerMs }) + (bring ? bring[to]! - bring[from]! : 0);
    for (const [member, node] of members.entries()) {
      add(column.bytes, node, bytes);
      add(column.busyMs, node, (ms / processor.streams) * share[member]!);
      if (bytes > nodes[node]!.freeBytes || column.busyMs.get(node)! > limits.bottleneckMs) return null;
    }
    if (from === 0 && !addHop(column, { from: instance.source === -1 ? processor.place : instance.source, to: processor.place, at: 0 })) return null;
    const sink = instance.sink === -1 ? instance.source : instance.sink;
    if (to === instance.layerCount && sink !== -1 && !addHop(column, { from: processor.place, to: sink, at: to })) return null;
    return column;
  }

  function crossing({ at, before, after }: Crossing): Column | null {
    const column = empty(`y_${at}_${before}_${after}`, false);
    column.crossing = { at, before, after };
    return addHop(column, { from: processors[before]!.place, to: processors[after]!.place, at }) ? column : null;
  }

  function way({ first, last }: Way): Column | null {
    const column = empty(`r_${first}_${last}`, false);
    column.way = { first, last };
    return addHop(column, { from: last, to: first, at: instance.layerCount }) ? column : null;
  }

  return { constant: weights.latencyMs * instance.constantMs, stage, crossing, way };
}

function empty(name: string, whole: boolean): Column {
  return { name, cost: 0, latencyMs: 0, busyMs: new Map(), bytes: new Map(), whole };
}

function add(map: Map<number, number>, key: number, value: number): void {
  map.set(key, (map.get(key) ?? 0) + value);
}
