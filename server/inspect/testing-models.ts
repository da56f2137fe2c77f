// Owns the models under test and how a test cuts and runs them. For tests only.
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { InferenceSession, Tensor } from "onnxruntime-node";
import { tensorBytes, type WireTensor } from "../../agents/protocol/tensor.ts";
import { extractSegment } from "../model/extract.ts";
import { buildGraph } from "../model/graph.ts";
import type { LayerRange, ModelFacts } from "../model/model.ts";
import { parseModel } from "../model/onnx-proto.ts";
import { analyseFile } from "../threads/analyse-file.ts";
import { openFileSource } from "../threads/file-source.ts";
import { openModelFolder } from "./model-folder.ts";
import { fromOrt, openSession, relativeError, toOrt } from "./ort-session.ts";

const require = createRequire(import.meta.url);
const SESSION = { intraOpThreads: 1, optimization: "all", provider: "cpu" } as const;

/** A file of an installed package. */
export function packageFile(name: string, path: string): string {
  const entry = require.resolve.paths(name)?.map((folder) => join(folder, name, path)) ?? [];
  const found = entry.find((file) => existsSync(file));
  if (found === undefined) throw new Error(`${name}/${path} is not installed`);
  return found;
}

export function factsOf(path: string): Promise<ModelFacts> {
  return withTempFolder((folder) => analyseFile({ kind: "analyse", path, folder, fileName: "model.onnx", digest: "0".repeat(64), fileBytes: 0, externalFiles: [] }, { signal: new AbortController().signal, onProgress: () => {} }));
}

export function withTempFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "cutplane-test-"));
  return use(folder).finally(() => rmSync(folder, { recursive: true, force: true }));
}

export type Reference = { steps: WireTensor[][]; outputs: WireTensor[][] };

/** The whole model's answers step by step, state carried over. */
export async function referenceOf(path: string, facts: ModelFacts, steps: WireTensor[][]): Promise<Reference> {
  const session = await openSession(path, SESSION);
  const outputs: WireTensor[][] = [];
  const state = zeroState(facts);
  for (const inputs of steps) {
    const made = await session.run({ ...Object.fromEntries(inputs.map((tensor) => [tensor.name, toOrt(tensor)])), ...Object.fromEntries(state) });
    for (const pair of facts.states) state.set(pair.input, made[pair.output] as Tensor);
    outputs.push(facts.outputs.map(({ name }) => fromOrt(name, made[name] as Tensor)));
  }
  await session.release();
  return { steps, outputs };
}

/** Cuts the model into ranges, runs the segments in a row and returns the largest relative error of any output of any step. */
export async function errorOfSplit(path: string, facts: ModelFacts, ranges: LayerRange[], reference: Reference): Promise<number> {
  const source = openFileSource(path);
  const folder = openModelFolder(join(tmpdir(), "any"));
  const sessions: InferenceSession[] = [];
  try {
    const graph = buildGraph(parseModel(source));
    folder.add("weights.bin", path);
    const segments = [];
    for (const [index, range] of ranges.entries()) {
      const { spec, skeleton } = extractSegment({ source, graph, facts, range, hashRange: () => "" });
      const file = join(folder.path, `${index}.onnx`);
      writeFileSync(file, skeleton);
      const session = await openSession(file, SESSION);
      sessions.push(session);
      segments.push({ spec, session });
    }
    const state = zeroState(facts);
    let worst = 0;
    for (const [step, inputs] of reference.steps.entries()) {
      const values = new Map<string, Tensor>(inputs.map((tensor) => [tensor.name, toOrt(tensor)]));
      for (const { spec, session } of segments) {
        const own = new Set(spec.states.map((pair) => pair.input));
        const feeds = Object.fromEntries(spec.inputs.map(({ name }) => [name, (own.has(name) ? state.get(name) : values.get(name)) as Tensor]));
        for (const [name, tensor] of Object.entries(await session.run(feeds))) values.set(name, tensor);
      }
      for (const pair of facts.states) state.set(pair.input, values.get(pair.output) as Tensor);
      for (const expected of reference.outputs[step] ?? []) worst = Math.max(worst, relativeError(fromOrt(expected.name, values.get(expected.name) as Tensor), expected));
    }
    return worst;
  } finally {
    for (const session of sessions) await session.release();
    source.close();
    folder.remove();
  }
}

function zeroState(facts: ModelFacts): Map<string, Tensor> {
  return new Map(facts.states.map((pair) => [pair.input, toOrt({ name: pair.input, dataType: pair.dataType, shape: pair.shape, data: new Uint8Array(tensorBytes(pair.dataType, pair.shape)) })]));
}

/** Every legal cut alone: the two sides as layer ranges. */
export function everyCut(facts: ModelFacts): LayerRange[][] {
  return facts.cuts.filter((cut) => cut.legal).map((cut) => [{ from: 0, to: cut.index + 1 }, { from: cut.index + 1, to: facts.layers.length }]);
}

/** A split into `parts` at random legal cuts; fewer where the model has fewer. */
export function randomSplit(facts: ModelFacts, parts: number, random: () => number): LayerRange[] {
  const legal = facts.cuts.filter((cut) => cut.legal).map((cut) => cut.index + 1);
  const chosen = new Set<number>();
  while (chosen.size < Math.min(parts - 1, legal.length)) chosen.add(legal[Math.floor(random() * legal.length)] as number);
  const ends = [...chosen].sort((a, b) => a - b);
  return [...ends, facts.layers.length].map((to, index) => ({ from: ends[index - 1] ?? 0, to }));
}

