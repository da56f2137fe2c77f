// Seeded problems for the planner's tests: small enough for brute force.
import type { Problem } from "../problem.ts";

/** mulberry32: a small seeded generator; the same seed gives the same numbers everywhere. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export function randomProblem(seed: number, size: { layers: number; nodes: number; tightMemory?: boolean; source?: boolean }): Problem {
  const random = seededRandom(seed);
  const layerMs = Array.from({ length: size.layers }, () => 1 + random() * 10);
  const layerWeightBytes = layerMs.map(() => Math.floor(random() * 50e6));
  return {
    layerCount: size.layers,
    layerNames: layerMs.map((_, index) => `layer${index}`),
    cutLegal: Array.from({ length: size.layers - 1 }, () => random() > 0.2),
    cutReason: Array.from({ length: size.layers - 1 }, () => "inside a loop"),
    cutBytes: Array.from({ length: size.layers - 1 }, () => Math.floor(random() * 2e6)),
    inputBytes: 200_000,
    outputBytes: 50_000,
    layerWeightBytes,
    layerWorkspaceBytes: layerMs.map(() => 1e6),
    nodes: Array.from({ length: size.nodes }, (_, index) => {
      const speed = 0.3 + random() * 2;
      const own = layerMs.map((ms) => ms / speed);
      /** Up to `mostMs` at each cut, nothing at the model's ends. */
      const atCuts = (mostMs: number) => Array.from({ length: size.layers + 1 }, (_, at) => (at === 0 || at === size.layers ? 0 : random() * mostMs));
      const cumulativeMs = [0];
      for (const ms of own) cumulativeMs.push((cumulativeMs.at(-1) ?? 0) + ms);
      return { topologyNodeId: `tn_${index}`, name: `node-${index}`, layerMs: own, cumulativeMs, entryMs: atCuts(0.4), exitMs: atCuts(0.2), handoverMs: 0.3 + random() * 0.4, frameMs: 0.1 + random() * 0.3, kind: "measured", memoryLimitBytes: size.tightMemory ? 106e6 + 1e6 + 60e6 + random() * 150e6 : null, trusted: true, planned: false, online: true, cordoned: false, approved: true };
    }),
    paths: Array.from({ length: size.nodes }, (_, from) =>
      Array.from({ length: size.nodes }, (_, to) => {
        if (from === to) return { latencyMs: 0, bandwidthBytesPerSecond: Number.POSITIVE_INFINITY, kind: "measured", via: [], linkIds: [], trusted: true };
        if (random() < 0.15) return null;
        return { latencyMs: random() * 5, bandwidthBytesPerSecond: 5e6 + random() * 1e8, kind: "measured", via: [], linkIds: [], trusted: random() > 0.1 };
      }),
    ),
    sourceIndex: size.source ? 0 : null,
  };
}
