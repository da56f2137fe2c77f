// Owns how much memory a stage works with beside its weights, layer by layer: what the runtime's arena keeps for intermediate values, and frames on their way in and out.
// Measured on stages of two models in 1–3 parts and on six whole models (onnxruntime-node 1.30, Node 20): within 12 % of the process's resident bytes, embedding
// tables excepted, of which only the rows in use are resident.
import type { Layer, ModelFacts } from "../model/model.ts";

/** Convolutions run in blocked layouts, with copies of what they read and write, and the arena grows in powers of two: 3.6–4.4 times the live values (others: about once). */
const CONVOLUTION_ARENA = 4;
const CONVOLUTION = /^(Conv|ConvTranspose|ConvInteger|QLinearConv|FusedConv|MaxPool|AveragePool|Resize|BatchNormalization)$/;
/** Of a frame at one end of a stage: received, handed to the worker, passed on, waiting in sockets, not yet collected … */
const FRAME_COPIES = 14;
/** … which does not go on like that for large ones: fewer are on the way, and they are collected sooner. */
const LARGE_FRAME_COPIES = 3;
const SMALL_FRAMES_BYTES = 12_000_000;

/** Each layer's own need, frames at the legal cuts beside it included; a stage needs the largest of its layers. `inputBytes` and `outputBytes`: of a request. */
export function workingBytes(facts: Pick<ModelFacts, "layers" | "cuts">, { inputBytes, outputBytes }: { inputBytes: number; outputBytes: number }): number[] {
  const n = facts.layers.length;
  const crossing = (at: number): number => (at === 0 ? inputBytes : at === n ? outputBytes : facts.cuts[at - 1]?.legal ? (facts.cuts[at - 1]?.bytes ?? 0) : 0);
  return facts.layers.map((layer, index) => Math.ceil(layer.workspaceBytes * arenaOf(layer) + frameBytes(Math.max(crossing(index), crossing(index + 1)))));
}

function arenaOf(layer: Pick<Layer, "opTypes">): number {
  return Object.keys(layer.opTypes).some((opType) => CONVOLUTION.test(opType)) ? CONVOLUTION_ARENA : 1;
}

function frameBytes(bytes: number): number {
  return Math.min(bytes * FRAME_COPIES, SMALL_FRAMES_BYTES + bytes * LARGE_FRAME_COPIES);
}
