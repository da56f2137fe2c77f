// The dynamic programme over (layers done, node of the last one) that EdgeShard and HiDP's global level walk layer by layer. Each state keeps one history — the memory, the load and the nodes
// of the best way into it — so it is exact where neither memory nor "a node once" binds, and a heuristic where they do.
import type { Instance } from "../instance.ts";
import type { PlainNode } from "./plain-nodes.ts";

export type WalkNode = {
  /** Index in the instance's nodes: whose memory and time it uses. */
  node: number;
  place: number;
  unit: number;
  fixed: number;
  upTo: ArrayLike<number>;
  before: ArrayLike<number>;
  memory: PlainNode["processor"];
  freeBytes: number;
};

export type HopCosts = { fixed: Float64Array; perByte: Float64Array; perByte2: Float64Array };

export type Walk = {
  instance: Instance;
  from: number;
  to: number;
  nodes: readonly WalkNode[];
  /** Costs of a hop, by pair of places: fixed + bytes × perByte + bytes² × perByte2, where it may be taken. */
  hops: HopCosts;
  /** "sum": latency and other sums. "max": the busiest node or hop. */
  join: "sum" | "max";
  /** Cost to begin on a node, and to end on it. */
  begin(node: WalkNode): number;
  end(node: WalkNode): number;
  oncePerNode: boolean;
  stopped(): boolean;
};

export type WalkSegment = { node: number; from: number; to: number };

/** States of one layer, by node: the cost and the history of the best way into each. Rows of `usedBytes`, `busy` and `visited` are a state's own; all are kept for two layers alone. */
type Layer = { cost: Float64Array; workspaceBytes: Float64Array; usedBytes: Float64Array; busy: Float64Array; visited: Uint8Array };

/** Segments by index of `nodes`, or null where it finds no way. */
export function layerWalk(walk: Walk): WalkSegment[] | null {
  const { nodes, from, to, hops, instance } = walk;
  const placeCount = instance.places.length;
  const { way } = instance.hops;
  const choices: Int32Array[] = [];
  let [states, next] = [emptyLayer(walk), emptyLayer(walk)];
  for (const [index, node] of nodes.entries()) {
    const begins = enterCost(walk, states, { index, node, other: -1 }, walk.begin(node), from);
    if (begins < Number.POSITIVE_INFINITY) enter(walk, { states, next: states }, { index, node, other: -1 }, begins, from);
  }
  for (let layer = from + 1; layer < to; layer++) {
    if (walk.stopped()) return null;
    const choice = new Int32Array(nodes.length).fill(-1);
    const bytes = instance.crossingBytes[layer]!;
    const needed = 1 + instance.tainted[layer]!;
    for (const [index, node] of nodes.entries()) {
      let best = stayCost(walk, states, index, layer);
      if (best < Number.POSITIVE_INFINITY) choice[index] = index;
      if (instance.legal[layer] === 1) {
        for (let other = 0; other < nodes.length; other++) {
          if (other === index || states.cost[other]! >= best) continue;
          const before = nodes[other]!;
          if (before.place === node.place && before.unit === node.unit) continue;
          const hop = before.place * placeCount + node.place;
          if (way[hop]! < needed) continue;
          const cost = enterCost(walk, states, { index, node, other }, hops.fixed[hop]! + bytes * hops.perByte[hop]! + bytes * bytes * hops.perByte2[hop]!, layer);
          if (cost >= best) continue;
          best = cost;
          choice[index] = other;
        }
      }
      next.cost[index] = best;
      if (choice[index] === index) stay(walk, { states, next }, index, layer);
      else if (choice[index]! >= 0) enter(walk, { states, next }, { index, node, other: choice[index]! }, best, layer);
    }
    choices.push(choice);
    [states, next] = [next, states];
  }
  const costs = Array.from(states.cost, (cost, index) => (cost < Number.POSITIVE_INFINITY ? joined(walk, cost, walk.end(nodes[index]!)) : Number.POSITIVE_INFINITY));
  const last = costs.indexOf(Math.min(...costs));
  return last < 0 || !Number.isFinite(costs[last]!) ? null : traceBack(walk, choices, last);
}

function emptyLayer({ nodes, instance }: Walk): Layer {
  const size = nodes.length * instance.nodes.length;
  return { cost: new Float64Array(nodes.length).fill(Number.POSITIVE_INFINITY), workspaceBytes: new Float64Array(nodes.length), usedBytes: new Float64Array(size), busy: new Float64Array(size), visited: new Uint8Array(size) };
}

/** The state goes on with one more layer on the same node: its cost then, Infinity where it can't. */
function stayCost(walk: Walk, states: Layer, index: number, layer: number): number {
  const node = walk.nodes[index]!;
  const cost = states.cost[index]!;
  if (cost === Number.POSITIVE_INFINITY || (node.memory.allowedUntil[layer] ?? layer) <= layer) return Number.POSITIVE_INFINITY;
  const own = index * walk.instance.nodes.length + node.node;
  const usedBytes = states.usedBytes[own]! + node.memory.residentBytes[layer + 1]! - node.memory.residentBytes[layer]!;
  if (usedBytes + Math.max(states.workspaceBytes[index]!, node.memory.workspaceBytes[layer]!) > node.freeBytes) return Number.POSITIVE_INFINITY;
  const ms = node.upTo[layer + 1]! - node.upTo[layer]!;
  return walk.join === "sum" ? cost + ms : Math.max(cost, states.busy[own]! + ms);
}

function stay(walk: Walk, { states, next }: { states: Layer; next: Layer }, index: number, layer: number): void {
  const node = walk.nodes[index]!;
  const own = index * walk.instance.nodes.length + node.node;
  copyHistory(walk, { states, next }, index, index);
  next.workspaceBytes[index] = Math.max(states.workspaceBytes[index]!, node.memory.workspaceBytes[layer]!);
  next.usedBytes[own] = states.usedBytes[own]! + node.memory.residentBytes[layer + 1]! - node.memory.residentBytes[layer]!;
  next.busy[own] = states.busy[own]! + node.upTo[layer + 1]! - node.upTo[layer]!;
}

type Entry = { index: number; node: WalkNode; /** Whose state goes on, −1 at the beginning. */ other: number };

/** A stage begins with this layer, after a hop: the cost then, Infinity where it can't. */
function enterCost(walk: Walk, states: Layer, { node, other }: Entry, hopCost: number, layer: number): number {
  if ((node.memory.allowedUntil[layer] ?? layer) <= layer || !(hopCost < Number.POSITIVE_INFINITY)) return Number.POSITIVE_INFINITY;
  const own = other * walk.instance.nodes.length + node.node;
  if (other >= 0 && walk.oncePerNode && states.visited[own] === 1) return Number.POSITIVE_INFINITY;
  if (bytesWith(walk, states, { node, other }, layer) + node.memory.workspaceBytes[layer]! > node.freeBytes) return Number.POSITIVE_INFINITY;
  const ms = node.fixed + node.upTo[layer + 1]! - node.before[layer]!;
  const base = joined(walk, other >= 0 ? states.cost[other]! : 0, hopCost);
  return walk.join === "sum" ? base + ms : Math.max(base, (other >= 0 ? states.busy[own]! : 0) + ms);
}

/** Resident bytes of the node with a stage that begins with this layer; what the stage left behind needs its workspace too. */
function bytesWith({ instance, nodes }: Walk, states: Layer, { node, other }: Pick<Entry, "node" | "other">, layer: number): number {
  const known = other < 0 ? 0 : states.usedBytes[other * instance.nodes.length + node.node]! + (nodes[other]!.node === node.node ? states.workspaceBytes[other]! : 0);
  return known + node.memory.stageBytes + node.memory.residentBytes[layer + 1]! - node.memory.residentBytes[layer]!;
}

function enter(walk: Walk, { states, next }: { states: Layer; next: Layer }, { index, node, other }: Entry, cost: number, layer: number): void {
  const row = index * walk.instance.nodes.length;
  const own = row + node.node;
  const usedBytes = bytesWith(walk, states, { node, other }, layer);
  const busyBefore = other < 0 ? 0 : states.busy[other * walk.instance.nodes.length + node.node]!;
  if (other >= 0) {
    copyHistory(walk, { states, next }, other, index);
    next.usedBytes[row + walk.nodes[other]!.node]! += states.workspaceBytes[other]!;
  }
  next.cost[index] = cost;
  next.workspaceBytes[index] = node.memory.workspaceBytes[layer]!;
  next.usedBytes[own] = usedBytes;
  next.busy[own] = busyBefore + node.fixed + node.upTo[layer + 1]! - node.before[layer]!;
  next.visited[own] = 1;
}

function copyHistory({ instance }: Walk, { states, next }: { states: Layer; next: Layer }, from: number, to: number): void {
  const width = instance.nodes.length;
  for (const key of ["usedBytes", "busy", "visited"] as const) next[key].set(states[key].subarray(from * width, (from + 1) * width), to * width);
}

function joined({ join }: Walk, a: number, b: number): number {
  return join === "sum" ? a + b : Math.max(a, b);
}

function traceBack(walk: Walk, choices: readonly Int32Array[], last: number): WalkSegment[] {
  const segments: WalkSegment[] = [{ node: last, from: walk.from, to: walk.to }];
  let node = last;
  for (let layer = walk.to - 1; layer > walk.from; layer--) {
    const before = choices[layer - walk.from - 1]![node]!;
    if (before === node) continue;
    segments[0]!.from = layer;
    segments.unshift({ node: before, from: walk.from, to: layer });
    node = before;
  }
  return segments;
}
