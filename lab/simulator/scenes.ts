// Owns the small fleets that adaptation policies are simulated on, as planning problems: six kinds, sizes and figures by seed. Everything in them is made up.
import type { Problem, ProblemNode } from "../../server/planner/problem.ts";
import { seededRandom } from "../../server/model/seeded-random.ts";

export const SCENES = ["home-lab", "mec", "v2x", "industrial-line", "homogeneous", "mesh"] as const;
export type Scene = (typeof SCENES)[number];

/** Speeds in reference cores; Mbit/s and milliseconds one way between neighbours. `source`: where requests enter. */
type Shape = { speeds: number[]; megabits: (a: number, b: number) => number; latencyMs: (a: number, b: number) => number; memoryShare: number };
const SHAPES: Record<Scene, Shape> = {
  "home-lab": { speeds: [1, 2.2, 3], megabits: () => 900, latencyMs: () => 0.4, memoryShare: 1.3 },
  mec: { speeds: [0.6, 1.6, 2, 6], megabits: (a, b) => (Math.max(a, b) === 3 ? 200 : 500), latencyMs: (a, b) => (Math.max(a, b) === 3 ? 12 : 2), memoryShare: 0.9 },
  v2x: { speeds: [1, 1.4, 1.2, 3], megabits: (a, b) => (Math.max(a, b) === 3 ? 150 : 300), latencyMs: (a, b) => (Math.max(a, b) === 3 ? 8 : 3), memoryShare: 0.75 },
  "industrial-line": { speeds: [0.7, 0.8, 0.7, 1.5, 1.5], megabits: () => 900, latencyMs: (a, b) => 0.5 * Math.abs(a - b), memoryShare: 0.55 },
  homogeneous: { speeds: [1, 1, 1, 1], megabits: () => 940, latencyMs: () => 0.3, memoryShare: 0.65 },
  mesh: { speeds: [0.8, 1.5, 2.5, 1.2], megabits: (a, b) => 100 + 150 * ((a * 7 + b * 7) % 5), latencyMs: (a, b) => 1 + ((a + b) % 4), memoryShare: 0.75 },
};

const LAYERS = 12;
const MODEL_MS = 120;
const MODEL_BYTES = 600e6;
const PROCESS_BYTES = 108e6;

export function makeScene(scene: Scene, seed: number): Problem {
  const random = seededRandom(seed * 7919 + SCENES.indexOf(scene));
  const vary = () => 0.8 + 0.4 * random();
  const shape = SHAPES[scene];
  const base = Array.from({ length: LAYERS }, () => (MODEL_MS / LAYERS) * vary());
  const layerWeightBytes = Array.from({ length: LAYERS }, () => Math.round((MODEL_BYTES / LAYERS) * vary()));
  const nodes = shape.speeds.map((speed, index): ProblemNode => {
    const layerMs = base.map((ms) => ms / (speed * vary()));
    const none = new Array<number>(LAYERS + 1).fill(0);
    const cumulativeMs = [0];
    for (const ms of layerMs) cumulativeMs.push((cumulativeMs.at(-1) as number) + ms);
    return { topologyNodeId: `n${index}`, name: `n${index}`, layerMs, cumulativeMs, entryMs: none, exitMs: none, handoverMs: 0.5, frameMs: 0, kind: "measured", memoryLimitBytes: Math.round(2 * PROCESS_BYTES + 1.05 * MODEL_BYTES * shape.memoryShare), trusted: true, planned: false, online: true, cordoned: false, approved: true };
  });
  const paths = nodes.map((_, a) => nodes.map((_node, b) => (a === b ? { latencyMs: 0, bandwidthBytesPerSecond: Number.POSITIVE_INFINITY, kind: "measured" as const, via: [`n${a}`], linkIds: [], trusted: true } : { latencyMs: shape.latencyMs(a, b), bandwidthBytesPerSecond: (shape.megabits(a, b) * 1e6) / 8, kind: "measured" as const, via: [`n${a}`, `n${b}`], linkIds: [`l${a}${b}`], trusted: true })));
  return {
    layerCount: LAYERS, layerNames: base.map((_, index) => `l${index}`), cutLegal: new Array<boolean>(LAYERS - 1).fill(true), cutReason: new Array<null>(LAYERS - 1).fill(null),
    cutBytes: Array.from({ length: LAYERS - 1 }, (_, index) => Math.round(1.2e6 * vary() * (1 - (0.7 * index) / LAYERS))), inputBytes: 600_000, outputBytes: 4_000,
    layerWeightBytes, layerWorkspaceBytes: new Array<number>(LAYERS).fill(4e6), nodes, paths, sourceIndex: 0,
  };
}
