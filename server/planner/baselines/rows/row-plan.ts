// What a data-parallel execution costs on the instance's tables: rows of each layer shared among nodes, what they exchange, what is gathered again.
import type { GroupInstance } from "../../families/group-instance.ts";

/** Layers [from, to) at once on several processors, one per node; shares of the rows add up to 1. A single member runs the layers whole. */
export type RowSegment = {
  from: number;
  to: number;
  members: readonly { processor: number; share: number }[];
  /**
   * How neighbours get the rows beyond their own: "exchange" sends halo rows before each layer, "recompute" sends them once at the beginning and computes the overlap again and again.
   */
  halo: "exchange" | "recompute";
};

export type RowFigures = { latencyMs: number; /** Busy time per request of the busiest node or link, requests overlapping without end. */ bottleneckMs: number; joules: number };

type Tally = { latencyMs: number; joules: number; nodeMs: Float64Array; linkMs: Float64Array };

/** The request starts at the source and its answer returns there. Between segments everything is gathered on the first member, then handed out again. */
export function evaluateRows(group: GroupInstance, segments: readonly RowSegment[]): RowFigures {
  const { instance } = group;
  const tally: Tally = { latencyMs: instance.constantMs, joules: 0, nodeMs: new Float64Array(instance.nodes.length), linkMs: new Float64Array(instance.hops.linkPerByteMs.length) };
  let holder = instance.source;
  for (const segment of segments) holder = runSegment(group, tally, segment, holder);
  send(group, tally, [{ from: holder, to: instance.sink, bytes: instance.crossingBytes[instance.layerCount]! }]);
  return { latencyMs: tally.latencyMs, bottleneckMs: Math.max(...tally.nodeMs, ...tally.linkMs), joules: tally.joules };
}

function runSegment(group: GroupInstance, tally: Tally, segment: RowSegment, holder: number): number {
  const { instance, layers } = group;
  const members = segment.members.filter((member) => member.share > 0);
  const placeOf = (index: number) => instance.processors[members[index]!.processor]!.place;
  const halos = haloRows(group, segment);
  const first = layers[segment.from]!;
  const edge = (index: number) => (members.length === 1 ? 0 : index === 0 || index === members.length - 1 ? 1 : 2);
  send(group, tally, members.map((member, index) => ({ from: holder, to: placeOf(index), bytes: Math.min(first.inRows, first.inRows * member.share + edge(index) * halos[0]!) * first.inBytesPerRow })));
  tally.latencyMs += instance.processors[members[0]!.processor]!.stageMs;
  for (let layer = segment.from; layer < segment.to; layer++) {
    const { haloRows: needed, inBytesPerRow, outRows } = layers[layer]!;
    if (segment.halo === "exchange" && layer > segment.from && needed > 0) {
      send(group, tally, members.slice(1).flatMap((_, index) => [{ from: placeOf(index), to: placeOf(index + 1), bytes: needed * inBytesPerRow }, { from: placeOf(index + 1), to: placeOf(index), bytes: needed * inBytesPerRow }]));
    }
    const extraRows = segment.halo === "recompute" ? halos[layer - segment.from + 1]! : 0;
    compute(group, tally, members.map((member, index) => ({ processor: member.processor, layer, share: Math.min(1, member.share + (edge(index) * extraRows) / outRows) })));
  }
  const last = layers[segment.to - 1]!;
  send(group, tally, members.slice(1).map((member, index) => ({ from: placeOf(index + 1), to: placeOf(0), bytes: last.outRows * last.outBytesPerRow * member.share })));
  return placeOf(0);
}

/** Rows beyond one's own that are needed at each position of the segment, at one border, so that all later layers can be computed: the receptive field, from the end backwards. 0 at the end. */
function haloRows({ layers }: GroupInstance, { from, to, halo }: RowSegment): number[] {
  const rows = new Array<number>(to - from + 1).fill(0);
  for (let layer = to - 1; layer >= from; layer--) rows[layer - from] = (halo === "recompute" ? rows[layer - from + 1]! * layers[layer]!.stride : 0) + layers[layer]!.haloRows;
  return rows;
}

/** Messages that leave together: those over one link queue behind each other, those over different links do not wait. */
function send({ instance }: GroupInstance, tally: Tally, messages: readonly { from: number; to: number; bytes: number }[]): void {
  const { hops, places } = instance;
  const onLink = new Map<number, number>();
  let fixedMs = 0;
  for (const { from, to, bytes } of messages) {
    if (from === to) continue;
    const index = from * places.length + to;
    fixedMs = Math.max(fixedMs, hops.fixedMs[index]!);
    tally.joules += bytes * hops.joulesPerByte[index]!;
    for (const link of hops.links[index]!) onLink.set(link, (onLink.get(link) ?? 0) + bytes * hops.linkPerByteMs[link]!);
  }
  for (const [link, ms] of onLink) tally.linkMs[link]! += ms;
  tally.latencyMs += fixedMs + Math.max(0, ...onLink.values());
}

/** Everybody computes its share of a layer; the slowest is waited for. */
function compute({ instance }: GroupInstance, tally: Tally, parts: readonly { processor: number; layer: number; share: number }[]): void {
  let slowestMs = 0;
  for (const { processor, layer, share } of parts) {
    const own = instance.processors[processor]!;
    const ms = (own.upToMs[layer + 1]! - own.upToMs[layer]!) * share;
    slowestMs = Math.max(slowestMs, ms);
    tally.nodeMs[instance.places[own.place]!.nodes[0]!]! += ms;
    tally.joules += ms * own.joulesPerMs;
  }
  tally.latencyMs += slowestMs;
}
