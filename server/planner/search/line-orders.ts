// Owns long lines of processors of which a plan may leave out any: "which of these, in this order, hold the model under T" is one pass over sets of reachable positions,
// O(length² × positions). It looks at all 2^length orders at once, where a move of the order search looks at one.
import { type BottleneckTables, type CutSet, endsOf, hopHolds } from "./bottleneck-tables.ts";
import { stageEnds } from "./order-cuts.ts";

/** The order of some of the line's processors that can be cut under the cap, stage by stage and hop by hop; null if there is none. */
export function orderOfLine(tables: BottleneckTables, line: readonly number[], capMs: number): number[] | null {
  const { last, processorPlace } = tables;
  const starts: CutSet[] = [];
  const ends: (CutSet | null)[] = [];
  for (const [index, p] of line.entries()) {
    const place = processorPlace[p]!;
    const open = new Uint8Array(last + 1);
    const { source } = endsOf(tables, place);
    if (hopHolds(tables, { from: source, to: place, at: 0 }, capMs)) open[0] = 1;
    for (let before = 0; before < index; before++) if (ends[before]) passOn(tables, { set: ends[before]!, open, from: processorPlace[line[before]!]!, to: place }, capMs);
    starts.push(open);
    const reached = open.includes(1) ? stageEnds(tables, p, open, capMs) : null;
    ends.push(reached?.includes(1) ? reached : null);
    if (reached?.[last] !== 1) continue;
    // Where answers leave at the first stage's place, the order must be known first.
    const order = trace(tables, { line, starts, ends, index }, capMs);
    if (hopHolds(tables, { from: place, to: endsOf(tables, processorPlace[order[0]!]!).sink, at: last }, capMs)) return order;
  }
  return null;
}

/** Opens what the hop leads to. */
function passOn(tables: BottleneckTables, hop: { set: CutSet; open: CutSet; from: number; to: number }, capMs: number): void {
  const { bytes, tainted, last } = tables;
  const { set, open } = hop;
  const index = hop.from * tables.placeCount + hop.to;
  const way = tables.instance.hops.way[index]!;
  if (way === 0 || hop.from === hop.to) return;
  const perByteMs = tables.hopBusyPerByte[index]!;
  const latest = Math.min(last - 1, set.lastIndexOf(1));
  for (let c = Math.max(1, set.indexOf(1)); c <= latest; c++) if (set[c] === 1 && open[c] === 0 && (way === 2 || tainted[c] === 0) && bytes[c]! * perByteMs <= capMs) open[c] = 1;
}

function trace(tables: BottleneckTables, found: { line: readonly number[]; starts: readonly CutSet[]; ends: readonly (CutSet | null)[]; index: number }, capMs: number): number[] {
  const { line, starts, ends } = found;
  const { last, processorPlace } = tables;
  const order: number[] = [];
  let index = found.index;
  let at = last;
  for (;;) {
    order.unshift(line[index]!);
    at = startOf(tables, line[index]!, { starts: starts[index]!, to: at }, capMs);
    const to = processorPlace[line[index]!]!;
    if (at === 0) return order;
    const before = ends.findIndex((set, other) => other < index && set?.[at] === 1 && processorPlace[line[other]!] !== to && hopHolds(tables, { from: processorPlace[line[other]!]!, to, at }, capMs));
    index = before;
  }
}

/** The earliest start that a stage on p up to `to` may have. */
function startOf(tables: BottleneckTables, p: number, target: { starts: CutSet; to: number }, capMs: number): number {
  const cap = capMs / tables.busyPerMs[p]! - tables.instance.processors[p]!.stageMs;
  for (let from = tables.since[p]![target.to]!; from < target.to; from++) {
    if (target.starts[from] === 1 && tables.upTo[p]![target.to]! - tables.before[p]![from]! <= cap) return from;
  }
  throw new Error("a reached end has a stage");
}

/** Lines to begin with, each of the fastest processor of every node: by speed, as the nodes come and backwards, and from neighbour to nearest neighbour. */
export function firstLines(tables: BottleneckTables): number[][] {
  const fastest = fastestByPlace(tables);
  const bySpeed = [...fastest].sort((a, b) => wholeMs(tables, a) - wholeMs(tables, b) || a - b);
  return [bySpeed, fastest, [...fastest].reverse(), neighbours(tables, fastest)].map((line) => guarded(tables, line));
}

/** The order with all that it leaves out put in at random: what there is around it. */
export function lineAround(tables: BottleneckTables, order: readonly number[], random: () => number): number[] {
  const line = [...order];
  const used = new Set(order.flatMap((p) => tables.instance.places[tables.processorPlace[p]!]!.nodes));
  for (const p of fastestByPlace(tables)) {
    if (tables.instance.places[tables.processorPlace[p]!]!.nodes.some((node) => used.has(node))) continue;
    line.splice(Math.floor(random() * (line.length + 1)), 0, p);
  }
  return line;
}

function wholeMs(tables: BottleneckTables, p: number): number {
  return (tables.instance.processors[p]!.stageMs + tables.upTo[p]![tables.last]! - tables.before[p]![0]!) * tables.busyPerMs[p]!;
}

/** The processor on which the whole would keep its place busy for the least time; the source's place first. */
function fastestByPlace(tables: BottleneckTables): number[] {
  const { source, places } = tables.instance;
  const fastest = tables.placeProcessors.flatMap((own) => (own.length === 0 ? [] : [own.reduce((best, p) => (wholeMs(tables, p) < wholeMs(tables, best) ? p : best))])).filter((p) => places[tables.processorPlace[p]!]!.nodes.length === 1);
  return [...fastest.filter((p) => tables.processorPlace[p] === source), ...fastest.filter((p) => tables.processorPlace[p] !== source)];
}

/** From the first on, always to the place that a byte takes least to. */
function neighbours(tables: BottleneckTables, fastest: readonly number[]): number[] {
  const left = [...fastest];
  const line = left.splice(0, 1);
  const far = (p: number) => tables.hopBusyPerByte[tables.processorPlace[line.at(-1)!]! * tables.placeCount + tables.processorPlace[p]!]! + tables.instance.hops.perByteMs[tables.processorPlace[line.at(-1)!]! * tables.placeCount + tables.processorPlace[p]!]!;
  while (left.length > 0) line.push(...left.splice(left.reduce((best, p, index) => (far(p) < far(left[best]!) ? index : best), 0), 1));
  return line;
}

/** Where some may not run the model's ends, those that may stand at both ends of the line by turns. */
function guarded(tables: BottleneckTables, line: readonly number[]): number[] {
  const anywhere = line.filter((p) => tables.until[p]![0]! > 0 && tables.since[p]![tables.last]! < tables.last);
  if (anywhere.length === line.length) return [...line];
  const inside = line.filter((p) => !anywhere.includes(p));
  return [...anywhere.filter((_, index) => index % 2 === 0), ...inside, ...anywhere.filter((_, index) => index % 2 === 1)];
}
