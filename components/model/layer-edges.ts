// Owns what passes between layers, as the cuts tell it: who makes a tensor and which layer is the last to read it. Pure.
import type { ModelFacts } from "../../server/model/model.ts";

/** From layers[from] to layers[to]; `to - from > 1` skips layers. Layers between that read the tensor too have no line of their own. */
export type LayerEdge = { from: number; to: number; tensors: string[]; bytes: number };

/** Values that cross a cut, one edge per pair of layers, by their first layer. Model inputs and values of no known producer are left out. */
export function layerEdges(facts: Pick<ModelFacts, "layers" | "cuts">): LayerEdge[] {
  const spans = new Map<string, { from: number; to: number; bytes: number }>();
  for (const cut of facts.cuts) {
    for (const tensor of cut.tensors) {
      const known = spans.get(tensor.name);
      // A value is in every cut from its producer up to its last reader.
      if (known) known.to = cut.index + 1;
      else spans.set(tensor.name, { from: cut.index, to: cut.index + 1, bytes: tensor.bytes });
    }
  }
  const edges = new Map<string, LayerEdge>();
  for (const [name, { from, to, bytes }] of spans) {
    // What crosses the first cut may be an input of the model: only a layer's own output starts there.
    if (from === 0 && facts.layers[0] && !facts.layers[0].outputs.some((output) => output.name === name)) continue;
    const key = `${from}>${to}`;
    const edge = edges.get(key) ?? { from, to, tensors: [], bytes: 0 };
    edge.tensors.push(name);
    edge.bytes += bytes;
    edges.set(key, edge);
  }
  return [...edges.values()].sort((a, b) => a.from - b.from || a.to - b.to);
}

/** A lane per edge such that no two in a lane overlap; short edges stay near the layers. */
export function laneOf(edges: readonly LayerEdge[]): Map<LayerEdge, number> {
  const lanes: LayerEdge[][] = [];
  const placed = new Map<LayerEdge, number>();
  for (const edge of [...edges].sort((a, b) => a.to - a.from - (b.to - b.from) || a.from - b.from)) {
    let lane = lanes.findIndex((taken) => taken.every((other) => other.to <= edge.from || other.from >= edge.to));
    if (lane < 0) lane = lanes.push([]) - 1;
    lanes[lane]?.push(edge);
    placed.set(edge, lane);
  }
  return placed;
}
