import { defineBaseline, type Trial } from "./define-baseline.ts";
import { nodeTypes } from "./node-types.ts";
import { type PlainNode, plainNodes, sourceFirst } from "./plain-nodes.ts";
import { stageWindow } from "./stage-window.ts";
import { stepCost } from "./step-cost.ts";

/** Entries of its table (counts by type × layers × last type): 2^14 sets of 14 unlike nodes over 60 layers are just below it, some 200 MB. */
const MAX_ENTRIES = 16_000_000;

/**
 * PipeEdge: least bottleneck over counts of nodes by type, h[j][S ∪ {u}][v] = min over i of max(h[i][S][u], compute(i…j, v), transfer(j, u, v)), memory checked per stage. Exact for interchangeable nodes;
 * with unlike ones every node is its own type and S a set. As in the paper neither the way in nor the answer's way back counts, and throughput is the only objective. Its transfer takes min(bw_u, bw_v);
 * here it has the pair's own link, which is more than it knew.
 */
export const pipeEdge = defineBaseline({
  name: "pipe-edge/1",
  label: "PipeEdge",
  source: "Hu et al., PipeEdge, DSD 2022 (arXiv 2110.14895), usc-isi/PipeEdge src-native/schedule.cpp.",
  rule: (trial) => {
    const { instance } = trial.request;
    const types = nodeTypes(instance, sourceFirst(instance, plainNodes(instance)));
    const states = types.reduce((product, type) => product * (type.length + 1), 1);
    if (states * (instance.layerCount + 1) * types.length > MAX_ENTRIES) return `Its table over counts of ${types.length} types of nodes would have ${(states * (instance.layerCount + 1) * types.length).toExponential(0)} entries.`;
    const segments = programme(trial, types, states);
    if (!segments) return trial.stopped() ? null : "No order of the nodes holds the model stage by stage.";
    const taken = types.map(() => 0);
    trial.score(segments.map(({ type, from, to }) => ({ processor: types[type]![taken[type]!++]!.index, from, to })));
    return null;
  },
});

type Segment = { type: number; from: number; to: number };

function programme(trial: Trial, types: readonly PlainNode[][], states: number): Segment[] | null {
  const { instance } = trial.request;
  const { layerCount } = instance;
  const steps = stepCost({ instance, objective: { kind: "bottleneck" } });
  const count = types.length;
  const weights = radix(types);
  const windows = types.map(([node]) => Int32Array.from({ length: layerCount }, (_, from) => stageWindow(instance, node!.processor, from)));
  const value = new Float64Array(states * (layerCount + 1) * count).fill(Number.POSITIVE_INFINITY);
  // Where a state came from: position × (types + 1) + type + 1; type −1 at the start.
  const came = new Int32Array(value.length);
  const at = (set: number, position: number, type: number) => (set * (layerCount + 1) + position) * count + type;
  let best = Number.POSITIVE_INFINITY;
  let bestEnd = -1;

  const extend = (set: number, from: number, last: number, sofar: number) => {
    for (let type = 0; type < count; type++) {
      if (Math.floor(set / weights[type]!) % (types[type]!.length + 1) >= types[type]!.length) continue;
      const node = types[type]![0]!;
      const base = last < 0 ? 0 : Math.max(sofar, steps.hop(placeOf(types, last, 0), placeOf(types, type, last === type ? 1 : 0), from));
      if (base >= best) continue;
      const next = set + weights[type]!;
      for (let to = from + 1; to <= windows[type]![from]!; to++) {
        const bottleneck = Math.max(base, steps.stage(node.index, from, to));
        if (bottleneck >= best) break;
        const index = at(next, to, type);
        if (instance.legal[to] !== 1 || bottleneck >= value[index]!) continue;
        value[index] = bottleneck;
        came[index] = from * (count + 1) + last + 1;
        if (to < layerCount) continue;
        best = bottleneck;
        bestEnd = index;
      }
    }
  };
  for (let set = 0; set < states; set++) {
    if ((set & 15) === 0 && trial.stopped()) break;
    if (set === 0) extend(0, 0, -1, 0);
    else for (let from = 1; from < layerCount; from++) for (let last = 0; last < count; last++) if (value[at(set, from, last)]! < best) extend(set, from, last, value[at(set, from, last)]!);
  }
  return bestEnd < 0 ? null : traceBack({ came, weights, count, layerCount }, bestEnd);
}

/** A set's number: Σ count of the type × weight of the type. */
function radix(types: readonly PlainNode[][]): number[] {
  const weights: number[] = [];
  let weight = 1;
  for (const type of types) {
    weights.push(weight);
    weight *= type.length + 1;
  }
  return weights;
}

function placeOf(types: readonly PlainNode[][], type: number, which: number): number {
  return (types[type]![which] ?? types[type]![0]!).place;
}

function traceBack({ came, weights, count, layerCount }: { came: Int32Array; weights: readonly number[]; count: number; layerCount: number }, end: number): Segment[] {
  const segments: Segment[] = [];
  for (let index = end; ; ) {
    const type = index % count;
    const to = Math.floor(index / count) % (layerCount + 1);
    const set = Math.floor(index / count / (layerCount + 1));
    const from = Math.floor(came[index]! / (count + 1));
    const last = (came[index]! % (count + 1)) - 1;
    segments.unshift({ type, from, to });
    if (last < 0) return segments;
    index = ((set - weights[type]!) * (layerCount + 1) + from) * count + last;
  }
}

