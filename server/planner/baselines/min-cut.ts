// The least s–t cut of a small directed graph (Dinic). Owns no model: DADS builds its graph from one.

export type CutEdge = { from: number; to: number; /** Infinity = may not be cut. */ capacity: number };

/** Vertices on the source's side of a least cut (the smallest such side), and its capacity. */
export function minCut(vertexCount: number, edges: readonly CutEdge[], source: number, sink: number): { capacity: number; onSourceSide: Uint8Array } {
  const graph = residual(vertexCount, edges);
  let capacity = 0;
  for (;;) {
    const level = levels(graph, source);
    if (level[sink]! < 0) return { capacity, onSourceSide: Uint8Array.from(level, (far) => (far < 0 ? 0 : 1)) };
    const next = new Int32Array(vertexCount);
    for (let pushed = augment(graph, level, next, source, sink); pushed > 0; pushed = augment(graph, level, next, source, sink)) {
      capacity += pushed;
      if (capacity === Number.POSITIVE_INFINITY) return { capacity, onSourceSide: Uint8Array.from(level, (far) => (far < 0 ? 0 : 1)) };
    }
  }
}

type Residual = { leaving: number[][]; to: number[]; left: number[] };

/** Edge 2k is the k-th one, 2k + 1 its way back. */
function residual(vertexCount: number, edges: readonly CutEdge[]): Residual {
  const graph: Residual = { leaving: Array.from({ length: vertexCount }, () => []), to: [], left: [] };
  for (const { from, to, capacity } of edges) {
    graph.leaving[from]!.push(graph.to.length);
    graph.to.push(to);
    graph.left.push(capacity);
    graph.leaving[to]!.push(graph.to.length);
    graph.to.push(from);
    graph.left.push(0);
  }
  return graph;
}

function levels(graph: Residual, source: number): Int32Array {
  const level = new Int32Array(graph.leaving.length).fill(-1);
  level[source] = 0;
  const queue = [source];
  for (const at of queue) {
    for (const edge of graph.leaving[at]!) {
      const to = graph.to[edge]!;
      if (graph.left[edge]! <= 0 || level[to]! >= 0) continue;
      level[to] = level[at]! + 1;
      queue.push(to);
    }
  }
  return level;
}

/** One path of the layered graph, walked without recursion: chains are long. */
function augment(graph: Residual, level: Int32Array, next: Int32Array, source: number, sink: number): number {
  const path: number[] = [];
  let at = source;
  while (at !== sink) {
    const leaving = graph.leaving[at]!;
    while (next[at]! < leaving.length && !(graph.left[leaving[next[at]!]!]! > 0 && level[graph.to[leaving[next[at]!]!]!] === level[at]! + 1)) next[at]!++;
    if (next[at]! < leaving.length) {
      path.push(leaving[next[at]!]!);
      at = graph.to[leaving[next[at]!]!]!;
      continue;
    }
    const back = path.pop();
    if (back === undefined) return 0;
    at = graph.to[back ^ 1]!;
    next[at]!++;
  }
  const pushed = path.reduce((least, edge) => Math.min(least, graph.left[edge]!), Number.POSITIVE_INFINITY);
  for (const edge of path) {
    graph.left[edge]! -= pushed;
    graph.left[edge ^ 1]! += pushed;
  }
  return pushed;
}
