// Owns a draft with what was asked of it as a file that people read and git compares: JSON, one stage a line, nodes by name. Pure.
import type { SessionOptions } from "../../agents/protocol/control.ts";
import type { Placement } from "../../server/planner/plan.ts";
import { MAX_REPLICAS, PLAN_OBJECTIVES, type PlanRequest } from "../../server/planner/plan-request.ts";
import { findJsonMistake } from "./json-mistake.ts";

export const PLAN_FORMAT = "cutplane-plan/1";
/** A file of 64 stages and 512 rules is far below. */
export const PLAN_FILE_MAX_CHARACTERS = 1_000_000;

type Named = { id: string; name: string };
export type PlanFileContent = { model: { name: string; digest: string; layerCount: number }; placement: Placement; /** Further ones. */ replicas?: readonly Placement[]; request: PlanRequest; found: { solver: string; cost: number | null; bound: number | null; gap: number | null; proved: boolean; seed: number } | null };

/** The same draft always gives the same text. Layers are counted from 1, as on the screen. */
export function writePlanFile({ model, placement, replicas = [], request, found }: PlanFileContent, nodes: readonly Named[]): string {
  const nameOf = (id: string) => nodes.find((node) => node.id === id)?.name ?? id;
  const lines = (stages: Placement, indent: string) => stages.map((stage) => `${indent}${JSON.stringify({ node: nameOf(stage.topologyNodeId), nodeId: stage.topologyNodeId, firstLayer: stage.from + 1, lastLayer: stage.to, ...(stage.session ? { mode: stage.session } : {}) })}`).join(",\n");
  const others = replicas.length === 0 ? "" : `,\n  "replicas": [\n${replicas.map((one) => `    [\n${lines(one, "      ")}\n    ]`).join(",\n")}\n  ]`;
  const rest = { model, request, ...(found ? { found } : {}) };
  const parts = Object.entries(rest).map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value, null, 2).replaceAll("\n", "\n  ")}`);
  return `{\n  "format": ${JSON.stringify(PLAN_FORMAT)},\n${parts.join(",\n")},\n  "stages": [\n${lines(placement, "    ")}\n  ]${others}\n}\n`;
}

export type ReadPlan = { placement: Placement; /** Further ones; absent = none. */ replicas?: Placement[]; request: PlanRequest } | { problem: string; fix: string };

/** Nodes are found by id, else by name: a plan moves between drawings. What the placement breaks is told by the canvas. */
export function readPlanFile(text: string, nodes: readonly Named[], layerCount: number | null): ReadPlan {
  if (text.length > PLAN_FILE_MAX_CHARACTERS) return { problem: "The file is too large for a plan.", fix: "Choose a file that was exported here." };
  const mistake = findJsonMistake(text);
  if (mistake) return { problem: `The file is not JSON. Line ${mistake.line}, column ${mistake.column}: ${mistake.what}, ${mistake.found === "" ? "where the file or its line ends" : `at “${mistake.found}”`}.`, fix: "Mend it there, or choose a file that was exported here." };
  const file = JSON.parse(text) as { format?: unknown; stages?: unknown; replicas?: unknown; request?: unknown } | null;
  if (file === null || file.format !== PLAN_FORMAT) return { problem: `The file's format is not ${PLAN_FORMAT}.`, fix: "Choose a file that was exported here." };
  const first = readStages(file.stages, nodes, layerCount);
  if ("problem" in first) return first;
  const given = Array.isArray(file.replicas) ? file.replicas : [];
  if (given.length >= MAX_REPLICAS) return { problem: `The file has ${given.length + 1} replicas; at most ${MAX_REPLICAS} are run.`, fix: "Leave some out." };
  const replicas: Placement[] = [];
  for (const [index, one] of given.entries()) {
    const read = readStages(one, nodes, layerCount);
    if ("problem" in read) return { problem: `Replica ${index + 2}: ${read.problem}`, fix: read.fix };
    replicas.push(read.placement);
  }
  const request = file.request as PlanRequest | undefined;
  return { placement: first.placement, ...(replicas.length > 0 ? { replicas } : {}), request: request && PLAN_OBJECTIVES.includes(request.objective) ? request : { objective: "latency" } };
}

function readStages(given: unknown, nodes: readonly Named[], layerCount: number | null): { placement: Placement } | { problem: string; fix: string } {
  const stages = Array.isArray(given) ? given : [];
  const placement: Placement = [];
  for (const [index, stage] of stages.entries()) {
    const { node, nodeId, firstLayer, lastLayer, mode } = (stage ?? {}) as Record<string, unknown>;
    const found = nodes.find((one) => one.id === nodeId) ?? nodes.find((one) => one.name === node);
    if (!found) return { problem: `Stage ${index + 1} is on “${String(node ?? nodeId)}”, which is not in this drawing.`, fix: "Draw that node, or change its name in the file." };
    if (!Number.isInteger(firstLayer) || !Number.isInteger(lastLayer) || (firstLayer as number) < 1 || (lastLayer as number) < (firstLayer as number)) return { problem: `Stage ${index + 1} has no valid layers.`, fix: "firstLayer and lastLayer count from 1." };
    if (mode !== undefined && !isMode(mode)) return { problem: `Stage ${index + 1} has no valid mode.`, fix: "Leave it out, or give intraOpThreads, optimization and provider." };
    placement.push({ from: (firstLayer as number) - 1, to: lastLayer as number, topologyNodeId: found.id, ...(mode === undefined ? {} : { session: mode }) });
  }
  if (placement.length === 0) return { problem: "The file has no stages.", fix: "Export a draft with layers on its nodes." };
  const last = placement.at(-1)?.to ?? 0;
  if (layerCount !== null && last > layerCount) return { problem: `The plan has ${last} layers, this model ${layerCount}.`, fix: "Open the model it was made for." };
  return { placement };
}

/** Whether a node has it is told by the canvas. */
function isMode(mode: unknown): mode is SessionOptions {
  const { intraOpThreads, optimization, provider } = (mode ?? {}) as Partial<Record<keyof SessionOptions, unknown>>;
  return Number.isInteger(intraOpThreads) && (intraOpThreads as number) >= 1 && typeof optimization === "string" && typeof provider === "string";
}
