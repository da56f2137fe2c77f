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

export type Walk = {
  instance: Instance;
  from: number;
  to: number;
  nodes: readonly WalkNode[];
  /** Cost of a hop, Infinity where it may not be taken. */
  hop(fromPlace: number, toPlace: number, at: number): number;
  /** "sum": latency and other sums. "max": the busiest node or hop. */
  join: "sum" | "max";
  /** Cost to begin on a node, and to end on it. */
  begin(node: WalkNode): number;
  end(node: WalkNode): number;
  oncePerNode: boolean;
  stopped(): boolean;
};

export type WalkSegment = { node: number; from: number; to: number };

type State = { cost: number; usedBytes: Float64Array; busy: Float64Array; workspaceBytes: number; seen: Uint8Array };

/** Segments by index of `nodes`, or null where it finds no way. */
export function layerWalk(walk: Walk): WalkSegment[] | null {
  const { nodes, from, to } = walk;
  const choices: Int32Array[] = [];
  let states: (State | null)[] = nodes.map((node) => enter(walk, null, node, walk.begin(node), from));
  for (let layer = from + 1; layer < to; layer++) {
    if (walk.stopped()) return null;
    const choice = new Int32Array(nodes.length).fill(-1);
    const next = nodes.map((node, index) => {
      let best = stay(walk, states[index]!, node, layer);
      if (best) choice[index] = index;
      if (walk.instance.legal[layer] !== 1) return best;
      for (const [other, state] of states.entries()) {
        if (!state || other === index || (best && state.cost >= best.cost)) continue;
        const before = nodes[other]!;
        if ((before.place === node.place && before.unit === node.unit) || (walk.oncePerNode && state.seen[node.node] === 1)) continue;
        const moved = enter(walk, state, node, walk.hop(before.place, node.place, layer), layer, best?.cost);
        if (!moved) continue;
        best = moved;
        choice[index] = other;
      }
      return best;
    });
    choices.push(choice);
    states = next;
  }
  const costs = states.map((state, index) => (state ? joined(walk, state.cost, walk.end(nodes[index]!)) : Number.POSITIVE_INFINITY));
  const last = costs.indexOf(Math.min(...costs));
  return last < 0 || !Number.isFinite(costs[last]!) ? null : traceBack(walk, choices, last);
}

/** The state goes on with one more layer on the same node. */
function stay(walk: Walk, state: State | null, node: WalkNode, layer: number): State | null {
  if (!state || (node.memory.allowedUntil[layer] ?? layer) <= layer) return null;
  const workspaceBytes = Math.max(state.workspaceBytes, node.memory.workspaceBytes[layer]!);
  const usedBytes = state.usedBytes[node.node]! + node.memory.residentBytes[layer + 1]! - node.memory.residentBytes[layer]!;
  if (usedBytes + workspaceBytes > node.freeBytes) return null;
  const ms = node.upTo[layer + 1]! - node.upTo[layer]!;
  const busy = state.busy[node.node]! + ms;
  const next: State = { cost: walk.join === "sum" ? state.cost + ms : Math.max(state.cost, busy), usedBytes: state.usedBytes.slice(), busy: state.busy.slice(), workspaceBytes, seen: state.seen };
  next.usedBytes[node.node] = usedBytes;
  next.busy[node.node] = busy;
  return next;
}

/** A stage begins with this layer, after a hop. Null unless it is cheaper than `below`. */
function enter(walk: Walk, state: State | null, node: WalkNode, hopCost: number, layer: number, below = Number.POSITIVE_INFINITY): State | null {
  if ((node.memory.allowedUntil[layer] ?? layer) <= layer || !Number.isFinite(hopCost)) return null;
  const ms = node.fixed + node.upTo[layer + 1]! - node.before[layer]!;
  const busy = (state?.busy[node.node] ?? 0) + ms;
  const base = joined(walk, state?.cost ?? 0, hopCost);
  const cost = walk.join === "sum" ? base + ms : Math.max(base, busy);
  if (cost >= below) return null;
  const usedBytes = state?.usedBytes.slice() ?? new Float64Array(walk.instance.nodes.length);
  // What the stage left behind needs its workspace too.
  if (state) for (const [index, seen] of state.seen.entries()) if (seen === 2) usedBytes[index]! += state.workspaceBytes;
  const workspaceBytes = node.memory.workspaceBytes[layer]!;
  usedBytes[node.node]! += node.memory.stageBytes + node.memory.residentBytes[layer + 1]! - node.memory.residentBytes[layer]!;
  if (usedBytes[node.node]! + workspaceBytes > node.freeBytes) return null;
  // 1 = has had a stage, 2 = has the stage that runs now.
  const seen = Uint8Array.from(state?.seen ?? new Uint8Array(walk.instance.nodes.length), (mark) => Math.min(mark, 1));
  seen[node.node] = 2;
  const busyOf = state?.busy.slice() ?? new Float64Array(walk.instance.nodes.length);
  busyOf[node.node] = busy;
  return { cost, usedBytes, busy: busyOf, workspaceBytes, seen };
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
