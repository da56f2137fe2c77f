// Owns how many bytes a node must fetch to run a stage: whole pieces of the model's files that its cache lacks, and the stage's own file. Pure.
import type { LayerFiles } from "../model/model.ts";
import { bytesOutside, type FileSpans, joinFiles, joinSpans } from "./byte-spans.ts";
import type { Placement } from "./plan.ts";
import type { Problem } from "./problem.ts";

/** Files by their number in LayerFiles, as text. */
export type FetchTables = {
  layers: readonly LayerFiles[];
  /** By node: of the model's files, what its cache holds; null = it has not told: what it runs is taken for all it has. */
  held: readonly (FileSpans | null)[];
};
export type FetchStage = Pick<Placement[number], "from" | "to" | "topologyNodeId">;

/** Asked of one stage after the other: what one brings to a node, the next one there finds. `old`: what runs. */
export function fetchCounter(problem: Problem, old: readonly FetchStage[]): (stage: FetchStage) => number {
  const { fetch } = problem;
  if (!fetch) return (stage) => weightsOutside(problem, old, stage);
  const have = new Map<string, FileSpans>();
  return (stage) => {
    const wanted = spansOf(fetch, stage);
    const held = have.get(stage.topologyNodeId) ?? heldOn(problem, fetch, old, stage.topologyNodeId);
    have.set(stage.topologyNodeId, joinFiles(held, wanted));
    return bytesOutside(wanted, held) + graphBytesOutside(fetch, old, stage);
  };
}

/** What its cache is known to hold, else what of `old` it runs. */
export function heldOn(problem: Problem, fetch: FetchTables, old: readonly FetchStage[], topologyNodeId: string): FileSpans {
  const index = problem.nodes.findIndex((node) => node.topologyNodeId === topologyNodeId);
  return fetch.held[index] ?? joinFiles(...old.filter((stage) => stage.topologyNodeId === topologyNodeId).map((stage) => spansOf(fetch, stage)));
}

export function spansOf({ layers }: FetchTables, { from, to }: Pick<FetchStage, "from" | "to">): FileSpans {
  const byFile = new Map<string, [number, number][]>();
  for (const { spans } of layers.slice(from, to)) for (const [file, start, end] of spans) byFile.set(String(file), [...(byFile.get(String(file)) ?? []), [start, end]]);
  return new Map([...byFile].map(([file, spans]) => [file, joinSpans(spans)]));
}

/** Of the stage's own file. */
export function graphBytesOutside({ layers }: FetchTables, old: readonly FetchStage[], { from, to, topologyNodeId }: FetchStage): number {
  if (old.some((one) => one.topologyNodeId === topologyNodeId && one.from === from && one.to === to)) return 0;
  return layers.slice(from, to).reduce((sum, layer) => sum + layer.graphBytes, 0);
}

/** Of a model that was imported before pieces were told. */
function weightsOutside(problem: Problem, old: readonly FetchStage[], stage: FetchStage): number {
  let bytes = 0;
  for (let layer = stage.from; layer < stage.to; layer++) {
    const isThere = old.some((other) => other.topologyNodeId === stage.topologyNodeId && other.from <= layer && layer < other.to);
    if (!isThere) bytes += problem.layerWeightBytes[layer] ?? 0;
  }
  return bytes;
}
