// Seeded instances for the planner's tests: small enough for brute force, and between them they use every feature that an instance has.
import { seededRandom } from "../../model/seeded-random.ts";
import type { Apart, HopTable, Instance, Limits, Place, Processor } from "../instance.ts";
import type { SearchObjective, SearchRequest } from "../search/solver.ts";
import { tallyStages } from "../tally-stages.ts";
import { servedWithin } from "../tally-wait.ts";

/** Largest sizes; the smallest are one layer, one node, one processor. */
export type InstanceSize = { layers: number; nodes: number; processors: number; stages: number };
/** At most some ten thousand chains. */
export const SMALL: InstanceSize = { layers: 8, nodes: 4, processors: 7, stages: 5 };

/** Draws of one seed. */
class Dice {
  readonly uniform: () => number;
  constructor(seed: number) {
    this.uniform = seededRandom(seed);
  }
  between(low: number, high: number): number {
    return low + (high - low) * this.uniform();
  }
  /** Both ends included. */
  integer(low: number, high: number): number {
    return low + Math.floor(this.uniform() * (high - low + 1));
  }
  chance(probability: number): boolean {
    return this.uniform() < probability;
  }
}

/** A request on a random instance: latency, energy, a mix with variance, or the bottleneck; at times with what moving costs. */
export function randomRequest(seed: number, size: InstanceSize = SMALL): SearchRequest {
  const instance = randomInstance(seed, size);
  const dice = new Dice(seed ^ 0x5eed);
  const objective = randomObjective(dice);
  if (objective.kind === "bottleneck" || !dice.chance(0.35)) return { instance, objective };
  const moving = instance.processors.map(() => (dice.chance(0.3) ? null : cumulative(instance.layerCount, () => (dice.chance(0.4) ? 0 : dice.between(0, 8)))));
  return { instance, objective, moving };
}

function randomObjective(dice: Dice): SearchObjective {
  const none = { latencyMs: 0, varianceMs2: 0, joules: 0, money: 0, grams: 0 };
  switch (dice.integer(0, 3)) {
    case 0: return { kind: "additive", weights: { ...none, latencyMs: 1 } };
    case 1: return { kind: "additive", weights: { ...none, joules: 1 } };
    case 2: return { kind: "additive", weights: { latencyMs: 1, varianceMs2: dice.between(0, 0.5), joules: dice.between(0, 2), money: dice.between(0, 10), grams: dice.between(0, 1) } };
    default: return { kind: "bottleneck" };
  }
}

/** The same with requests that come at random, most of them with an SLO: what is minimised is a latency at that rate as often as anything else. */
export function randomServedRequest(seed: number, size: InstanceSize = SMALL): SearchRequest {
  const request = randomRequest(seed, size);
  const { instance } = request;
  const dice = new Dice(seed ^ 0xdea1);
  const chains = Array.from({ length: 24 }, () => tallyStages(instance, randomChain(dice, instance, instance.limits.maxStages)));
  const near = chains.reduce((a, b) => (b.latencyMs < a.latencyMs ? b : a));
  const perSecond = near.bottleneckMs > 0 && dice.chance(0.85) ? (1000 / near.bottleneckMs) * dice.between(0.1, 0.9) : 0;
  const share = [0.5, 0.9, 0.99][dice.integer(0, 2)]!;
  const promisedMs = servedWithin(near, perSecond, share) * dice.between(0.7, 1.3);
  const limits: Limits = {
    ...instance.limits,
    bottleneckMs: perSecond > 0 && dice.chance(0.7) ? Math.min(instance.limits.bottleneckMs, 700 / perSecond) : instance.limits.bottleneckMs,
    ...(perSecond > 0 ? { perSecond } : {}),
    ...(dice.chance(0.65) ? { slo: { share, latencyMs: promisedMs } } : {}),
  };
  const figure = dice.chance(0.3) ? "mean" : { share: dice.chance(0.6) ? share : 0.95 };
  return { ...request, instance: { ...instance, limits }, ...(dice.chance(0.5) ? { objective: { kind: "demand", figure } } : {}) };
}

export function randomInstance(seed: number, size: InstanceSize = SMALL): Instance {
  const dice = new Dice(seed);
  const n = dice.integer(1, size.layers);
  const m = dice.integer(1, size.nodes);
  const places: Place[] = Array.from({ length: m }, (_, node) => ({ nodes: [node], share: [1] }));
  if (m > 1 && dice.chance(0.35)) places.push(sharedPlace(dice, m));
  const layerBytes = Array.from({ length: n }, () => dice.integer(1e6, 5e7));
  const modelBytes = layerBytes.reduce((a, b) => a + b, 0);
  const taint = dice.chance(0.5);
  const tight = dice.chance(0.6);
  const instance: Instance = {
    layerCount: n,
    legal: Uint8Array.from({ length: n + 1 }, (_, j) => (j === 0 || j === n || dice.chance(0.8) ? 1 : 0)),
    crossingBytes: Float64Array.from({ length: n + 1 }, () => (dice.chance(0.1) ? 0 : Math.round(10 ** dice.between(3, 6.5)))),
    tainted: Uint8Array.from({ length: n + 1 }, (_, j) => (taint && dice.chance(j <= n / 2 ? 0.7 : 0.3) ? 1 : 0)),
    nodes: Array.from({ length: m }, () => ({ freeBytes: tight ? Math.round(modelBytes * dice.between(0.2, 1.2)) : Number.POSITIVE_INFINITY, spareShare: dice.chance(0.7) ? 1 : dice.between(0.2, 1), zone: dice.chance(0.3) ? -1 : dice.integer(0, 1) })),
    places,
    processors: randomProcessors(dice, { n, places, layerBytes, most: size.processors }),
    hops: randomHops(dice, places.length, m),
    source: dice.chance(0.3) ? -1 : dice.integer(0, m - 1),
    sink: dice.chance(0.5) ? -1 : dice.integer(0, m - 1),
    limits: { minStages: 1, maxStages: 1, oncePerNode: false, bottleneckMs: Number.POSITIVE_INFINITY, latencyMs: Number.POSITIVE_INFINITY },
    apart: randomApart(dice, n),
    constantMs: dice.chance(0.5) ? 0 : dice.between(0.1, 3),
  };
  return { ...instance, limits: randomLimits(dice, instance, size.stages) };
}

function sharedPlace(dice: Dice, m: number): Place {
  const first = dice.integer(0, m - 1);
  const second = (first + dice.integer(1, m - 1)) % m;
  const share = dice.chance(0.5) ? 0.5 : dice.between(0.2, 0.8);
  return { nodes: [first, second], share: [share, 1 - share] };
}

/** At least one per place while there is room; then second modes and second units. */
function randomProcessors(dice: Dice, options: { n: number; places: Place[]; layerBytes: number[]; most: number }): Processor[] {
  const { n, places, layerBytes, most } = options;
  const count = dice.integer(Math.min(most, places.length), most);
  const windows = dice.chance(0.5);
  const baseMs = Array.from({ length: n }, () => dice.between(0.5, 10));
  const modesOf = new Map<string, number>();
  return Array.from({ length: count }, (_, index) => {
    const place = index < places.length ? index : dice.integer(0, places.length - 1);
    const unit = index < places.length ? 0 : dice.integer(0, 1);
    const mode = modesOf.get(`${place}/${unit}`) ?? 0;
    modesOf.set(`${place}/${unit}`, mode + 1);
    return randomProcessor(dice, { place, unit, mode }, { baseMs, layerBytes, windows });
  });
}

function randomProcessor(dice: Dice, which: Pick<Processor, "place" | "unit" | "mode">, model: { baseMs: number[]; layerBytes: number[]; windows: boolean }): Processor {
  const n = model.baseMs.length;
  const speed = 2 ** dice.between(-1.5, 2);
  const ms = cumulative(n, (layer) => (model.baseMs[layer]! / speed) * dice.between(0.8, 1.2));
  // A fused segment is quicker or slower than its layers by a term at each of its two borders.
  const border = () => (dice.chance(0.5) ? 0 : dice.between(-0.1, 0.3));
  const precision = dice.chance(0.3) ? 0.5 : 1;
  const allowed = model.baseMs.map(() => !model.windows || dice.chance(0.8));
  return {
    ...which,
    stageMs: dice.chance(0.3) ? 0 : dice.between(0.3, 2),
    upToMs: ms.map((value) => value + border()),
    beforeMs: ms.map((value) => value - border()),
    varianceUpToMs2: dice.chance(0.4) ? null : cumulative(n, () => dice.between(0, 2)),
    streams: dice.chance(0.7) ? 1 : dice.integer(2, 4),
    stageBytes: dice.chance(0.3) ? 0 : dice.integer(1e6, 2e7),
    residentBytes: cumulative(n, (layer) => Math.round(model.layerBytes[layer]! * precision)),
    workspaceBytes: Float64Array.from({ length: n }, () => dice.integer(0, 1e7)),
    allowedUntil: windowsOf(allowed),
    joulesPerMs: dice.between(0, 0.05),
    moneyPerMs: dice.between(0, 0.01),
    gramsPerMs: dice.between(0, 0.02),
  };
}

export function windowsOf(allowed: readonly boolean[]): Int32Array {
  const until = new Int32Array(allowed.length);
  for (let layer = allowed.length - 1; layer >= 0; layer--) until[layer] = !allowed[layer] ? layer : layer + 1 < allowed.length && allowed[layer + 1] ? until[layer + 1]! : layer + 1;
  return until;
}

/** Every node has an uplink and a downlink that all its hops share; some pairs have a link of their own; some hops take two links more. */
function randomHops(dice: Dice, placeCount: number, m: number): HopTable {
  const size = placeCount * placeCount;
  const missing = dice.chance(0.5) ? 0.2 : 0;
  const untrusted = dice.chance(0.5) ? 0.4 : 0;
  const shared = dice.chance(0.6);
  const linkPerByteMs: number[] = shared ? Array.from({ length: 2 * m }, () => 1 / (10 ** dice.between(3, 5.5))) : [];
  const hops = { way: new Uint8Array(size), fixedMs: new Float64Array(size), perByteMs: new Float64Array(size), fixedVarianceMs2: new Float64Array(size), perByteVarianceMs2: new Float64Array(size), joulesPerByte: new Float64Array(size), moneyPerByte: new Float64Array(size), gramsPerByte: new Float64Array(size) };
  const links: number[][] = [];
  for (let from = 0; from < placeCount; from++)
    for (let to = 0; to < placeCount; to++) {
      const hop = from * placeCount + to;
      if (from === to) hops.way[hop] = 2;
      if (from === to || dice.chance(missing)) {
        links.push([]);
        continue;
      }
      hops.way[hop] = dice.chance(untrusted) ? 1 : 2;
      if (shared && dice.chance(0.7)) links.push([from % m, m + (to % m)]);
      else links.push([linkPerByteMs.push(1 / (10 ** dice.between(3, 5.5))) - 1]);
      hops.fixedMs[hop] = dice.between(0.1, 4);
      hops.perByteMs[hop] = links[hop]!.reduce((sum, link) => sum + linkPerByteMs[link]!, 0) * dice.between(0.9, 1.3);
      hops.fixedVarianceMs2[hop] = dice.chance(0.5) ? 0 : dice.between(0, 1);
      hops.perByteVarianceMs2[hop] = dice.chance(0.5) ? 0 : dice.between(0, 1e-12);
      hops.joulesPerByte[hop] = dice.between(0, 1e-7);
      hops.moneyPerByte[hop] = dice.between(0, 1e-8);
      hops.gramsPerByte[hop] = dice.between(0, 1e-8);
    }
  return { ...hops, links, linkPerByteMs: Float64Array.from(linkPerByteMs) };
}

function randomApart(dice: Dice, n: number): Apart[] {
  if (n < 2 || !dice.chance(0.3)) return [];
  return Array.from({ length: dice.integer(1, 2) }, () => {
    const border = dice.integer(1, n - 1);
    const first = { from: dice.integer(0, border - 1), to: border };
    const second = { from: border, to: dice.integer(border + 1, n) };
    return { ...(dice.chance(0.5) ? { first, second } : { first: second, second: first }), within: dice.chance(0.5) ? ("node" as const) : ("zone" as const) };
  });
}

/** Limits near what some chain does, so that they bind. */
function randomLimits(dice: Dice, instance: Instance, most: number): Limits {
  const maxStages = dice.integer(1, most);
  const near = dice.chance(0.35) ? tallyStages(instance, randomChain(dice, instance, maxStages)) : null;
  return {
    minStages: dice.chance(0.85) ? 1 : Math.min(2, maxStages),
    maxStages,
    oncePerNode: dice.chance(0.3),
    bottleneckMs: near && dice.chance(0.6) ? near.bottleneckMs * dice.between(0.7, 1.5) : Number.POSITIVE_INFINITY,
    latencyMs: near && dice.chance(0.5) ? near.latencyMs * dice.between(0.7, 1.5) : Number.POSITIVE_INFINITY,
  };
}

/** Stages in order over the whole model, whatever the constraints say. */
function randomChain(dice: Dice, instance: Instance, most: number) {
  const borders = Array.from({ length: dice.integer(0, most - 1) }, () => dice.integer(0, instance.layerCount));
  const positions = [...new Set([0, ...borders, instance.layerCount])].sort((a, b) => a - b);
  return positions.slice(1).map((to, index) => ({ processor: dice.integer(0, instance.processors.length - 1), from: positions[index]!, to }));
}

function cumulative(n: number, of: (layer: number) => number): Float64Array {
  const sums = new Float64Array(n + 1);
  for (let layer = 0; layer < n; layer++) sums[layer + 1] = sums[layer]! + of(layer);
  return sums;
}
