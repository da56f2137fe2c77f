// The planner's judge on small instances: every way to give each layer to a processor, kept or thrown away by the definitions, reckoned layer by layer.
// Written for neither speed nor elegance, and with nothing of the planner but its types and the checker's second opinion on waiting.
import type { Instance, SearchStage } from "../instance.ts";
import type { SearchRequest } from "../search/solver.ts";
import { servedWithin, shareWithin } from "../tally-wait.ts";

export type BruteForceResult = {
  /** Infinity = infeasible. */
  cost: number;
  stages: SearchStage[] | null;
  /** Every plan that meets all constraints, by `planKey`, with its cost. */
  feasible: Map<string, number>;
  examined: number;
};

/** Same slack as everywhere: sums are taken in different orders. */
const SLACK = 1 + 1e-9;

export function planKey(stages: readonly SearchStage[]): string {
  return stages.map(({ processor, from, to }) => `${processor}:${from}-${to}`).join(" ");
}

export function bruteForce(request: Pick<SearchRequest, "instance" | "objective" | "moving">): BruteForceResult {
  const { instance } = request;
  const result: BruteForceResult = { cost: Number.POSITIVE_INFINITY, stages: null, feasible: new Map(), examined: 0 };
  const owners: number[] = [];
  const extend = (stageCount: number) => {
    const layer = owners.length;
    if (layer === instance.layerCount) return judge(request, owners, result);
    for (let p = 0; p < instance.processors.length; p++) {
      const processor = instance.processors[p]!;
      if (processor.allowedUntil[layer]! === layer) continue;
      const before = owners[layer - 1];
      const begins = before !== p;
      if (begins && stageCount === instance.limits.maxStages) continue;
      if (before !== undefined && begins) {
        const { place, unit } = instance.processors[before]!;
        if (instance.legal[layer] === 0 || (place === processor.place && unit === processor.unit)) continue;
        if (!mayCross(instance, place, processor.place, layer)) continue;
      }
      owners.push(p);
      extend(stageCount + (begins ? 1 : 0));
      owners.pop();
    }
  };
  extend(0);
  return result;
}

function mayCross(instance: Instance, from: number, to: number, position: number): boolean {
  const way = instance.hops.way[instance.places.length * from + to];
  return instance.tainted[position] === 1 ? way === 2 : way !== 0;
}

function judge(request: Pick<SearchRequest, "instance" | "objective" | "moving">, owners: readonly number[], result: BruteForceResult): void {
  result.examined++;
  const cost = costOf(request, owners);
  if (cost === null) return;
  const stages = stagesOf(owners);
  result.feasible.set(planKey(stages), cost);
  if (cost < result.cost) {
    result.cost = cost;
    result.stages = stages;
  }
}

function stagesOf(owners: readonly number[]): SearchStage[] {
  const stages: SearchStage[] = [];
  for (const [layer, processor] of owners.entries()) {
    const last = stages.at(-1);
    if (last && last.processor === processor) last.to = layer + 1;
    else stages.push({ processor, from: layer, to: layer + 1 });
  }
  return stages;
}

/** Null = some constraint is broken. */
function costOf({ instance, objective, moving }: Pick<SearchRequest, "instance" | "objective" | "moving">, owners: readonly number[]): number | null {
  const { processors, places, hops, limits, nodes } = instance;
  const n = instance.layerCount;
  const placeOf = (layer: number) => processors[owners[layer]!]!.place;
  const source = instance.source < 0 ? placeOf(0) : instance.source;
  const sink = instance.sink < 0 ? source : instance.sink;
  if (!mayCross(instance, source, placeOf(0), 0) || !mayCross(instance, placeOf(n - 1), sink, n)) return null;

  const sum = { latencyMs: instance.constantMs, varianceMs2: 0, joules: 0, money: 0, grams: 0, moving: 0 };
  const busyMs = nodes.map(() => 0);
  const bytes = nodes.map(() => 0);
  const stagesOn = nodes.map(() => 0);
  const linkMs = Array.from(hops.linkPerByteMs, () => 0);
  const cross = (from: number, to: number, position: number) => {
    const hop = places.length * from + to;
    const size = instance.crossingBytes[position]!;
    sum.latencyMs += hops.fixedMs[hop]! + size * hops.perByteMs[hop]!;
    sum.varianceMs2 += hops.fixedVarianceMs2[hop]! + size * size * hops.perByteVarianceMs2[hop]!;
    sum.joules += size * hops.joulesPerByte[hop]!;
    sum.money += size * hops.moneyPerByte[hop]!;
    sum.grams += size * hops.gramsPerByte[hop]!;
    for (const link of hops.links[hop]!) linkMs[link]! += size * hops.linkPerByteMs[link]!;
  };
  let stageCount = 0;
  let workspace = 0;
  let begin = 0;
  cross(source, placeOf(0), 0);
  for (let layer = 0; layer < n; layer++) {
    const p = processors[owners[layer]!]!;
    const first = layer === 0 || owners[layer - 1] !== owners[layer];
    const last = layer === n - 1 || owners[layer + 1] !== owners[layer];
    // A stage's time telescopes: the clock is set where it begins and read where it ends.
    let ms = first ? p.stageMs - p.beforeMs[layer]! : 0;
    if (last) ms += p.upToMs[layer + 1]!;
    sum.latencyMs += ms;
    sum.joules += ms * p.joulesPerMs;
    sum.money += ms * p.moneyPerMs;
    sum.grams += ms * p.gramsPerMs;
    if (p.varianceUpToMs2) sum.varianceMs2 += p.varianceUpToMs2[layer + 1]! - p.varianceUpToMs2[layer]!;
    const there = moving?.[owners[layer]!];
    if (there) sum.moving += there[layer + 1]! - there[layer]!;
    if (first) begin = layer;
    workspace = first ? p.workspaceBytes[layer]! : Math.max(workspace, p.workspaceBytes[layer]!);
    for (const [member, node] of places[p.place]!.nodes.entries()) {
      busyMs[node]! += (ms * places[p.place]!.share[member]!) / p.streams;
      // What is there already is counted when the whole stage is known.
      if (last && !instance.loaded?.some((one) => one.processor === owners[layer] && one.from === begin && one.to === layer + 1)) bytes[node]! += p.residentBytes[layer + 1]! - p.residentBytes[begin]! + p.stageBytes + workspace;
      if (first) stagesOn[node]!++;
    }
    if (first) stageCount++;
    if (last && layer < n - 1) cross(placeOf(layer), placeOf(layer + 1), layer + 1);
  }
  cross(placeOf(n - 1), sink, n);

  const bottleneckMs = [...busyMs, ...linkMs].reduce((a, b) => (b > a ? b : a), 0);
  if (stageCount < limits.minStages || stageCount > limits.maxStages) return null;
  if (limits.oncePerNode && stagesOn.some((count) => count > 1)) return null;
  if (bytes.some((used, node) => used > nodes[node]!.freeBytes * SLACK)) return null;
  if (bottleneckMs > limits.bottleneckMs * SLACK || sum.latencyMs > limits.latencyMs * SLACK) return null;
  if (meets(instance, owners)) return null;
  const served = { latencyMs: sum.latencyMs, varianceMs2: sum.varianceMs2, bottleneckMs };
  const { perSecond = 0, slo } = limits;
  if (slo && shareWithin({ ...served, bottleneckMs: slo.busyMs ?? bottleneckMs }, perSecond, slo.latencyMs * (1 + 1e-6)) < slo.share) return null;
  if (objective.kind === "bottleneck") return bottleneckMs;
  if (objective.kind === "demand") return servedWithin(served, perSecond, objective.figure === "mean" ? "mean" : objective.figure.share) + sum.moving;
  const { weights } = objective;
  return weights.latencyMs * sum.latencyMs + weights.varianceMs2 * sum.varianceMs2 + weights.joules * sum.joules + weights.money * sum.money + weights.grams * sum.grams + sum.moving;
}

/** Two layers that must be apart share a node or a zone. */
function meets({ apart, processors, places, nodes }: Instance, owners: readonly number[]): boolean {
  const nodesOf = (layer: number) => places[processors[owners[layer]!]!.place]!.nodes;
  for (const { first, second, within } of apart)
    for (let a = first.from; a < first.to; a++)
      for (let b = second.from; b < second.to; b++)
        for (const u of nodesOf(a)) for (const v of nodesOf(b)) if (u === v || (within === "zone" && nodes[u]!.zone >= 0 && nodes[u]!.zone === nodes[v]!.zone)) return true;
  return false;
}
