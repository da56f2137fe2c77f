// Owns how much memory a stage works with beside its weights, layer by layer: what the runtime's arena keeps for intermediate values, and frames on their way in and out.
// Measured on stages of six models in 1–3 parts (onnxruntime-node 1.30, Node 20; docs/PLANNING.md), embedding tables excepted, of which only the rows in use are resident.
import type { Layer, ModelFacts } from "../model/model.ts";

/** Convolutions run in blocked layouts, with copies of what they read and write, and the arena grows in powers of two: 1.4–1.9 times the live values (others: about once). */
const CONVOLUTION_ARENA = 1.85;
const CONVOLUTION = /^(Conv|ConvTranspose|ConvInteger|QLinearConv|FusedConv|MaxPool|AveragePool|Resize|BatchNormalization)$/;
/** What a link's window lets in at once (agents/stage/frame-window.ts): so many bytes, though at least four frames, beside one that a run has just made … */
const WINDOW_BYTES = 4 * 2 ** 20;
const LEAST_WINDOW_FRAMES = 4;
/** … and no more frames than this where they are small (a deployment's `queueLength`). */
const MOST_WINDOW_FRAMES = 64;

type Working = { layerWorkspaceBytes: number[]; parts: { layerArenaBytes: number[]; frameBytes: number[] } };

/**
 * Each layer's own need, by itself and with frames at the legal cuts beside it (a search adds up layers, and takes the largest of a stage's), and frames at each
 * end a stage may have. `inputBytes` and `outputBytes`: of a request.
 */
export function workingBytes(facts: Pick<ModelFacts, "layers" | "cuts">, { inputBytes, outputBytes }: { inputBytes: number; outputBytes: number }): Working {
  const n = facts.layers.length;
  const crossing = (at: number): number => (at === 0 ? inputBytes : at === n ? outputBytes : facts.cuts[at - 1]?.legal ? (facts.cuts[at - 1]?.bytes ?? 0) : 0);
  const frames = Array.from({ length: n + 1 }, (_, at) => Math.ceil(frameBytes(crossing(at))));
  const layerArenaBytes = facts.layers.map((layer) => Math.ceil(layer.workspaceBytes * arenaOf(layer)));
  return { layerWorkspaceBytes: layerArenaBytes.map((arena, index) => arena + Math.max(frames[index] ?? 0, frames[index + 1] ?? 0)), parts: { layerArenaBytes, frameBytes: frames } };
}

function arenaOf(layer: Pick<Layer, "opTypes">): number {
  return Object.keys(layer.opTypes).some((opType) => CONVOLUTION.test(opType)) ? CONVOLUTION_ARENA : 1;
}

function frameBytes(bytes: number): number {
  return Math.min(bytes * MOST_WINDOW_FRAMES, Math.max(WINDOW_BYTES, bytes * LEAST_WINDOW_FRAMES) + bytes);
}
