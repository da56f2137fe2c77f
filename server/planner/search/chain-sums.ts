// What a partial chain has used of every node and link, read back from its labels: busy time, memory, stages.
import { processorStageBytes, processorStageMs } from "../instance.ts";
import type { BottleneckTables } from "./bottleneck-tables.ts";

type Labels = { at: readonly number[]; processor: readonly number[]; parent: readonly number[] };
type Hop = { from: number; to: number; at: number };

export type ChainSums = {
  busyMs: Float64Array;
  bytes: Float64Array;
  visits: Int32Array;
  /** Reads a label's chain; what was read before is forgotten. */
  load(labels: Labels, label: number): void;
  /** Whether one more hop keeps every link of it within the cap; `beside` is another hop that is not in the chain yet. */
  hopFits(hop: Hop, capMs: number, beside?: Hop): boolean;
  /** Price of the time that is left on the nodes it uses. */
  unusedPrice(nodePrice: Float64Array, capMs: number): number;
  /** True if it uses no more than another chain of any node and link. */
  within(other: ChainSums, oncePerNode: boolean): boolean;
  readonly linkMs: ReadonlyMap<number, number>;
};

export function chainSums(tables: BottleneckTables): ChainSums {
  const { instance, placeCount } = tables;
  const { hops } = instance;
  const busyMs = new Float64Array(instance.nodes.length);
  const bytes = new Float64Array(instance.nodes.length);
  const visits = new Int32Array(instance.nodes.length);
  const linkMs = new Map<number, number>();
  let used: number[] = [];
  const addHop = (hop: Hop) => {
    for (const link of hops.links[hop.from * placeCount + hop.to]!) linkMs.set(link, (linkMs.get(link) ?? 0) + tables.bytes[hop.at]! * hops.linkPerByteMs[link]!);
  };
  const forget = () => {
    for (const node of used) busyMs[node] = bytes[node] = visits[node] = 0;
    used = [];
    linkMs.clear();
  };
  const addStage = (labels: Labels, label: number) => {
    const parent = labels.parent[label]!;
    const processor = instance.processors[labels.processor[label]!]!;
    const before = labels.processor[parent]!;
    addHop({ from: before >= 0 ? tables.processorPlace[before]! : instance.source < 0 ? processor.place : instance.source, to: processor.place, at: labels.at[parent]! });
    const from = tables.positions[labels.at[parent]!]!;
    const to = tables.positions[labels.at[label]!]!;
    const stageMs = processorStageMs(processor, from, to) / processor.streams;
    const stageBytes = processorStageBytes(processor, from, to);
    const place = instance.places[processor.place]!;
    for (let index = 0; index < place.nodes.length; index++) {
      const node = place.nodes[index]!;
      if (visits[node]!++ === 0) used.push(node);
      busyMs[node]! += stageMs * place.share[index]!;
      bytes[node]! += stageBytes;
    }
  };
  return {
    busyMs,
    bytes,
    visits,
    linkMs,
    load(labels, label) {
      forget();
      for (let at = label; labels.parent[at]! >= 0; at = labels.parent[at]!) addStage(labels, at);
    },
    hopFits(hop, capMs, beside) {
      const links = hops.links[hop.from * placeCount + hop.to]!;
      if (links.length === 0) return true;
      const besideLinks = beside ? hops.links[beside.from * placeCount + beside.to]! : [];
      return links.every((link) => (linkMs.get(link) ?? 0) + (tables.bytes[hop.at]! + (besideLinks.includes(link) ? tables.bytes[beside!.at]! : 0)) * hops.linkPerByteMs[link]! <= capMs);
    },
    unusedPrice(nodePrice, capMs) {
      let sum = 0;
      for (const node of used) sum += nodePrice[node]! * (1 - busyMs[node]! / capMs);
      return sum;
    },
    within(other, oncePerNode) {
      for (const node of used) if ((oncePerNode && other.visits[node] === 0) || busyMs[node]! > other.busyMs[node]! || bytes[node]! > other.bytes[node]!) return false;
      for (const [link, ms] of linkMs) if (ms > (other.linkMs.get(link) ?? 0)) return false;
      return true;
    },
  };
}
