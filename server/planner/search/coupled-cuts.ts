// Owns the cuts of an order that comes back to a node or a link: what is used of those adds up over its stages, so partial cuts are kept side by side as long as
// none uses less of everything than another. Where more than a few are kept per position, the cuts are good but not always the best.
import { type BottleneckTables, type CutSet, endsOf, hopHolds, stageCapMs } from "./bottleneck-tables.ts";

/** Partial cuts kept per position and stage. */
const WIDTH = 6;

/** What the order uses more than once, numbered; per stage and per hop into it, what it adds to which. */
type Coupled = { nodes: number[]; links: number[] };
type Partial = { at: number; parent: Partial | null; used: Float64Array };

/** Nodes and links that the order comes back to; null if none. */
export function coupledResources(tables: BottleneckTables, order: readonly number[]): Coupled | null {
  const nodes = repeated(order.flatMap((p) => tables.instance.places[tables.processorPlace[p]!]!.nodes));
  const links = repeated(hopsOf(tables, order).flatMap((hop) => tables.instance.hops.links[hop]!));
  return nodes.length + links.length > 0 ? { nodes, links } : null;
}

/** The end of each stage, every node and link busy for capMs at most; null = none found. `open[s]`: where stage s may end at all. */
export function cutCoupled(tables: BottleneckTables, order: readonly number[], coupled: Coupled, open: readonly CutSet[], capMs: number): number[] | null {
  const { instance, last } = tables;
  const width = coupled.nodes.length * 2 + coupled.links.length;
  const hops = hopsOf(tables, order);
  const limits = Float64Array.from({ length: width }, (_, index) => (index >= coupled.nodes.length * 2 || index % 2 === 0 ? capMs : instance.nodes[coupled.nodes[index >> 1]!]!.freeBytes));
  let partials: Partial[] = [{ at: 0, parent: null, used: new Float64Array(width) }];
  for (let s = 0; s < order.length; s++) {
    const byEnd: Partial[][] = Array.from({ length: last + 1 }, () => []);
    for (const partial of partials) extend(tables, { order, s, hop: hops[s]!, coupled, limits, open: open[s]!, capMs }, partial, byEnd);
    partials = byEnd.flat();
    if (partials.length === 0) return null;
  }
  for (const partial of partials) {
    if (partial.at !== last || !addHop(tables, coupled, { hop: hops[order.length]!, at: last }, partial.used.slice(), limits)) continue;
    const cuts: number[] = [];
    for (let one: Partial = partial; one.parent; one = one.parent) cuts.unshift(one.at);
    return cuts;
  }
  return null;
}

type Stage = { order: readonly number[]; s: number; hop: number; coupled: Coupled; limits: Float64Array; open: CutSet; capMs: number };

function extend(tables: BottleneckTables, stage: Stage, partial: Partial, byEnd: Partial[][]): void {
  const { instance } = tables;
  const p = stage.order[stage.s]!;
  const processor = instance.processors[p]!;
  const place = instance.places[processor.place]!;
  const cap = stageCapMs(tables, p, stage.capMs);
  const arrived = partial.used.slice();
  if (stage.s > 0 && !hopHolds(tables, { from: tables.processorPlace[stage.order[stage.s - 1]!]!, to: processor.place, at: partial.at }, stage.capMs)) return;
  if (!addHop(tables, stage.coupled, { hop: stage.hop, at: partial.at }, arrived, stage.limits)) return;
  const until = tables.until[p]![partial.at]!;
  let workspace = 0;
  for (let end = partial.at + 1; end <= until; end++) {
    for (let layer = tables.positions[end - 1]!; layer < tables.positions[end]!; layer++) workspace = Math.max(workspace, processor.workspaceBytes[layer]!);
    if (stage.open[end] === 0) continue;
    const layersMs = tables.upTo[p]![end]! - tables.before[p]![partial.at]!;
    if (layersMs > cap) continue;
    const used = arrived.slice();
    let holds = true;
    for (let index = 0; index < place.nodes.length; index++) {
      const at = stage.coupled.nodes.indexOf(place.nodes[index]!);
      if (at < 0) continue;
      used[2 * at]! += ((processor.stageMs + layersMs) / processor.streams) * place.share[index]!;
      used[2 * at + 1]! += processor.stageBytes + tables.resident[p]![end]! - tables.resident[p]![partial.at]! + workspace;
      holds &&= used[2 * at]! <= stage.limits[2 * at]! && used[2 * at + 1]! <= stage.limits[2 * at + 1]!;
    }
    if (holds) keep(byEnd[end]!, { at: end, parent: partial, used }, stage.limits);
  }
}

/** False where a link would be too busy. */
function addHop(tables: BottleneckTables, coupled: Coupled, hop: { hop: number; at: number }, used: Float64Array, limits: Float64Array): boolean {
  const { hops } = tables.instance;
  for (const link of hops.links[hop.hop]!) {
    const at = coupled.links.indexOf(link);
    if (at < 0) continue;
    const index = 2 * coupled.nodes.length + at;
    used[index]! += tables.bytes[hop.at]! * hops.linkPerByteMs[link]!;
    if (used[index]! > limits[index]!) return false;
  }
  return true;
}

/** The least used, by the largest share of any limit, where there are too many. */
function keep(kept: Partial[], partial: Partial, limits: Float64Array): void {
  let count = 0;
  for (const rival of kept) {
    if (usesNoMore(rival.used, partial.used)) return;
    if (!usesNoMore(partial.used, rival.used)) kept[count++] = rival;
  }
  kept.length = count;
  kept.push(partial);
  if (kept.length <= WIDTH) return;
  let worst = 0;
  for (let index = 1; index < kept.length; index++) if (largestShare(kept[index]!.used, limits) > largestShare(kept[worst]!.used, limits)) worst = index;
  kept.splice(worst, 1);
}

function usesNoMore(a: Float64Array, b: Float64Array): boolean {
  for (let index = 0; index < a.length; index++) if (a[index]! > b[index]!) return false;
  return true;
}

function largestShare(used: Float64Array, limits: Float64Array): number {
  let largest = 0;
  for (let index = 0; index < used.length; index++) if (limits[index]! > 0) largest = Math.max(largest, used[index]! / limits[index]!);
  return largest;
}

/** Index of the hop into each stage, and of the answer's. */
function hopsOf(tables: BottleneckTables, order: readonly number[]): number[] {
  const { source, sink } = endsOf(tables, tables.processorPlace[order[0]!]!);
  const places = [source, ...order.map((p) => tables.processorPlace[p]!), sink];
  return places.slice(1).map((to, index) => places[index]! * tables.placeCount + to);
}

function repeated(values: readonly number[]): number[] {
  return [...new Set(values.filter((value, index) => values.indexOf(value) !== index))];
}
