// Owns the proof for throughput: the largest T known below which no plan's busiest node or link can be. Windows alone first (source egress, trust, memory and
// the slowest layer bind there), then prices on what adds up over stages (capacity), found by multiplicative weights.
import { evaluate } from "../evaluate.ts";
import type { BottleneckTables } from "./bottleneck-tables.ts";
import { type PricedWalk, pricedWalk, type ResourcePrices, unitPrices, walkOf, windowsUnder } from "./priced-walk.ts";
import { walkExists } from "./walk-exists.ts";

/** Enough for 1e-7 relative between a bound and a plan. */
const BISECTIONS = 40;
/** The share of all prices that links begin with: nodes bind more often. */
const LINK_SHARE = 0.1;
const STEP = 0.6;
/** Of sums of prices. */
const ROUNDING = 1e-9;

export type PricedBound = { boundMs: number; /** No plan is busy for capMs at most. */ excluded: boolean; prices: ResourcePrices };

/** Largest T found with no walk under it, between a valid bound and a T that a walk (a plan, say) attains. `stop` = leave with what is known. */
export function walkBound(tables: BottleneckTables, range: { boundMs: number; attainedMs: number; precision: number }, stop: () => boolean): number {
  let low = range.boundMs;
  let high = range.attainedMs;
  for (let step = 0; step < BISECTIONS && high - low > range.precision * high && !stop(); step++) {
    const middle = low > 0 && high / low > 4 ? Math.sqrt(low * high) : (low + high) / 2;
    if (walkExists(tables, middle)) high = middle;
    else low = middle;
  }
  return low;
}

/**
 * Raises the bound by prices, with windows under `capMs`. A plan that is busy for T ≤ capMs pays at most T / capMs of the prices of nodes and links and all of
 * the others; so T ≥ capMs × (cheapest walk − others) / (nodes + links). Where that exceeds capMs, no plan meets capMs.
 */
export function pricedBound(tables: BottleneckTables, search: { capMs: number; prices: ResourcePrices; rounds: number }, stop: () => boolean): PricedBound {
  const until = windowsUnder(tables, search.capMs);
  let prices = normalised(search.prices);
  let best: PricedBound = { boundMs: 0, excluded: false, prices };
  for (let round = 0; round < search.rounds && !stop(); round++) {
    const walk = pricedWalk(tables, { prices: unitPrices(tables, prices, search.capMs), capMs: search.capMs, until });
    if (walk.value === Number.POSITIVE_INFINITY) return { boundMs: search.capMs, excluded: true, prices };
    const timed = sum(prices.nodeBusy) + sum(prices.linkBusy);
    const boundMs = timed > 0 ? search.capMs * ((walk.value - (1 - timed)) / timed) : 0;
    // Windows under capMs prove nothing beyond it.
    if (boundMs > search.capMs * (1 + ROUNDING)) return { boundMs: search.capMs, excluded: true, prices };
    if (boundMs > best.boundMs) best = { boundMs: Math.min(boundMs, search.capMs), excluded: false, prices };
    const use = resourceUse(tables, walk, search.capMs);
    if (!use) break;
    prices = reweighted(prices, use, STEP / Math.sqrt(1 + round));
  }
  return best;
}

/** Prices where each node costs the same for its full share of a balanced plan, so that a layer costs alike wherever it runs. */
export function speedPrices(tables: BottleneckTables): ResourcePrices {
  const { instance } = tables;
  const prices = noPrices(tables);
  for (let p = 0; p < tables.processorCount; p++) {
    const place = instance.places[tables.processorPlace[p]!]!;
    const busyMs = Math.max((tables.upTo[p]![tables.last]! - tables.before[p]![0]!) * tables.busyPerMs[p]!, Number.MIN_VALUE);
    for (const node of place.nodes) prices.nodeBusy[node] = Math.max(prices.nodeBusy[node]!, 1 / busyMs);
  }
  const total = sum(prices.nodeBusy);
  prices.nodeBusy = prices.nodeBusy.map((price) => price / total);
  const links = usedLinks(tables);
  for (const link of links) prices.linkBusy[link] = LINK_SHARE / links.length;
  const few = LINK_SHARE / Math.max(1, instance.nodes.length);
  prices.nodeBytes = Float64Array.from(instance.nodes, (node) => (Number.isFinite(node.freeBytes) ? few / 4 : 0));
  if (instance.limits.oncePerNode) prices.nodeOnce.fill(few / 4);
  if (instance.limits.maxStages < tables.last) prices.stages = LINK_SHARE / 4;
  if (Number.isFinite(instance.limits.latencyMs)) prices.latency = LINK_SHARE / 4;
  return normalised(prices);
}

function noPrices(tables: BottleneckTables): ResourcePrices {
  const { nodes, hops } = tables.instance;
  return { nodeBusy: new Float64Array(nodes.length), linkBusy: new Float64Array(hops.linkPerByteMs.length), nodeBytes: new Float64Array(nodes.length), nodeOnce: new Float64Array(nodes.length), stages: 0, latency: 0 };
}

/** Part of each limit that the walk uses. Memory without workspaces, as the prices see it. */
function resourceUse(tables: BottleneckTables, walk: PricedWalk, capMs: number): ResourcePrices | null {
  const { instance } = tables;
  const chain = walkOf(tables, walk);
  const figures = evaluate(instance, chain.map((stage) => ({ processor: stage.processor, from: tables.positions[stage.from]!, to: tables.positions[stage.to]! })));
  if (!figures) return null;
  const use = noPrices(tables);
  use.nodeBusy = figures.nodeBusyMs.map((ms) => ms / capMs);
  use.stages = chain.length / instance.limits.maxStages;
  use.latency = figures.latencyMs / instance.limits.latencyMs;
  const sink = instance.sink < 0 ? instance.source : instance.sink;
  let place = instance.source;
  for (const stage of chain) {
    const processor = instance.processors[stage.processor]!;
    if (place >= 0) chargeHop(tables, use, { from: place, to: processor.place, at: stage.from, capMs });
    place = processor.place;
    for (const node of instance.places[place]!.nodes) {
      use.nodeOnce[node]! += 1;
      use.nodeBytes[node]! += (processor.stageBytes + processor.residentBytes[tables.positions[stage.to]!]! - processor.residentBytes[tables.positions[stage.from]!]!) / Math.max(1, instance.nodes[node]!.freeBytes);
    }
  }
  if (sink >= 0) chargeHop(tables, use, { from: place, to: sink, at: tables.last, capMs });
  return use;
}

function chargeHop(tables: BottleneckTables, use: ResourcePrices, hop: { from: number; to: number; at: number; capMs: number }): void {
  const { hops } = tables.instance;
  for (const link of hops.links[hop.from * tables.placeCount + hop.to]!) use.linkBusy[link]! += (tables.bytes[hop.at]! * hops.linkPerByteMs[link]!) / hop.capMs;
}

function reweighted(prices: ResourcePrices, use: ResourcePrices, step: number): ResourcePrices {
  const largest = Math.max(1, ...use.nodeBusy, ...use.nodeBytes, ...use.nodeOnce);
  const weigh = (price: number, used: number) => (price > 0 ? price * Math.exp((step * Math.min(used, largest)) / largest) : 0);
  const each = (values: Float64Array, used: Float64Array) => values.map((price, index) => weigh(price, used[index]!));
  return normalised({
    nodeBusy: each(prices.nodeBusy, use.nodeBusy),
    linkBusy: each(prices.linkBusy, use.linkBusy),
    nodeBytes: each(prices.nodeBytes, use.nodeBytes),
    nodeOnce: each(prices.nodeOnce, use.nodeOnce),
    stages: weigh(prices.stages, use.stages),
    latency: weigh(prices.latency, use.latency),
  });
}

/** All prices add up to 1. */
function normalised(prices: ResourcePrices): ResourcePrices {
  const total = sum(prices.nodeBusy) + sum(prices.linkBusy) + sum(prices.nodeBytes) + sum(prices.nodeOnce) + prices.stages + prices.latency;
  const scale = (values: Float64Array) => values.map((price) => price / total);
  return { nodeBusy: scale(prices.nodeBusy), linkBusy: scale(prices.linkBusy), nodeBytes: scale(prices.nodeBytes), nodeOnce: scale(prices.nodeOnce), stages: prices.stages / total, latency: prices.latency / total };
}

function usedLinks(tables: BottleneckTables): number[] {
  return [...new Set(tables.instance.hops.links.flat())];
}

function sum(values: Float64Array): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
