// Owns asking live nodes to measure a model. The tasks are part of the nodes' desired state; answers come with their reports.
import type { MeasureSegment, MeasureTask, SegmentSpec, SessionOptions } from "../../agents/protocol/control.ts";
import { AppError } from "../errors.ts";
import { newId } from "../ids.ts";
import { resolveShape } from "../live/resolve-shape.ts";
import { chooseSegments } from "../model/choose-segments.ts";
import { estimateProfile } from "../model/estimate-profile.ts";
import type { LayerRange } from "../model/model.ts";
import { sessionModes } from "../planner/session-modes.ts";
import { saveMeasureTask, type StoredMeasureTask } from "../store/measure-tasks.ts";
import { findModel, type StoredModel } from "../store/models.ts";
import { findOperationByKey, type Operation } from "../store/operations.ts";
import { listStageRanges } from "../store/stage-ranges.ts";
import type { LiveNode } from "../topology/topology.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { listLiveFleet } from "./list-live-fleet.ts";
import { prepareSegments } from "./prepare-segments.ts";
import { beginOperation } from "./run-operation.ts";

/** Enough for quantiles; a slow model on a slow node is cut off by the time limit. */
const MEASURE_RUNS = 30;
const MEASURE_TIMEOUT_MS = 5 * 60_000;
/** Segments of a task, and the time they may take of a node in the default mode and in the others. */
const MAX_SEGMENTS = 24;
const SEGMENTS_BUDGET_MS = 25_000;
const OTHER_MODES_BUDGET_MS = 10_000;
const CHOICE_SEED = 1;

/** In every mode of the node, the default one first. "whole": the model, at once. "segments": real segments too, when it is idle. */
export type MeasureDepth = "whole" | "segments";
export type ProfileModelInput = { id: string; nodeIds?: string[]; depth?: MeasureDepth; idempotencyKey?: string };
type WholeAndParts = { whole: SegmentSpec; parts: { range: LayerRange; measured: MeasureSegment }[] };

/** Without `nodeIds`: one online node of each device class. @throws AppError not-found, conflict when no node can measure. */
export async function profileModel(deps: Deps, input: ProfileModelInput, actor: Actor): Promise<Operation> {
  const known = input.idempotencyKey === undefined ? null : await findOperationByKey(deps.db, input.idempotencyKey);
  if (known) return known;
  const model = await findOrThrow(findModel(deps.db, input.id), "model", input.id);
  const nodes = chooseNodes((await listLiveFleet(deps)).nodes, input.nodeIds);
  const specs = await prepareAll(deps, model, input.depth ?? "whole");
  const operation = await deps.publisher.transact(async (tx, append) => {
    const begun = await beginOperation(deps, tx, append, { kind: "profile-model", subjectId: model.id, actor, ...(input.idempotencyKey === undefined ? {} : { idempotencyKey: input.idempotencyKey }) });
    for (const node of nodes) for (const made of tasksFor(model, node, specs, input.depth ?? "whole")) await saveMeasureTask(tx, { ...made, nodeId: node.nodeId, operationId: begun.id, createdAt: begun.createdAt });
    return begun;
  });
  deps.wake("a measurement was asked for");
  return operation;
}

async function prepareAll(deps: Deps, model: StoredModel, depth: MeasureDepth): Promise<WholeAndParts> {
  const { facts } = model;
  const ranges = depth === "whole" ? [] : chooseSegments({ facts, layerMs: estimateProfile(facts).layerMs, inUse: await listStageRanges(deps.db, model.id), seed: CHOICE_SEED, limit: MAX_SEGMENTS });
  const [whole, ...segments] = await prepareSegments(deps, model.id, [{ from: 0, to: facts.layers.length }, ...ranges]);
  if (!whole) throw new AppError("internal", "The whole model could not be made into a segment.");
  return { whole, parts: segments.map((segment, index) => ({ range: ranges[index] as LayerRange, measured: { segment, inputs: inputsOf(model, segment, (ranges[index] as LayerRange).from) } })) };
}

function tasksFor(model: StoredModel, node: LiveNode, { whole, parts }: WholeAndParts, depth: MeasureDepth): Pick<StoredMeasureTask, "task" | "ranges">[] {
  const base = (session: SessionOptions): MeasureTask => ({ taskId: newId("mea"), modelId: model.id, segment: whole, session, inputs: inputsOf(model, whole, 0), runs: MEASURE_RUNS, timeoutMs: MEASURE_TIMEOUT_MS });
  const modes = sessionModes(node.cores);
  if (depth === "whole") return modes.map((session) => ({ task: base(session) }));
  const segments = parts.map(({ measured }) => measured);
  const ranges = parts.map(({ range, measured }) => ({ segmentId: measured.segment.segmentId, ...range }));
  return modes.map((session, index) => ({ task: { ...base(session), segments, segmentsBudgetMs: index === 0 ? SEGMENTS_BUDGET_MS : OTHER_MODES_BUDGET_MS, whenIdle: true }, ranges }));
}

function chooseNodes(nodes: LiveNode[], nodeIds: string[] | undefined): LiveNode[] {
  const online = nodes.filter((node) => node.online && node.approved);
  if (nodeIds !== undefined) {
    return nodeIds.map((id) => {
      const node = nodes.find((candidate) => candidate.nodeId === id);
      if (!node) throw new AppError("not-found", `There is no node ${id}.`, { place: "nodeIds", fix: "Take ids from the list of nodes." });
      if (!node.approved) throw new AppError("conflict", `${node.name} is not approved yet: it gets no model.`, { place: "nodeIds", fix: "Approve it on its page, or leave it out." });
      if (!node.online) throw new AppError("conflict", `${node.name} is not online.`, { place: "nodeIds", fix: "Start its agent, or leave it out." });
      return node;
    });
  }
  if (online.length === 0) throw new AppError("conflict", "No node is online to measure on.", { fix: "Add a node, or start an agent." });
  return online.filter((node, index) => online.findIndex((other) => other.deviceClass === node.deviceClass) === index);
}

/** Concrete shapes of a segment that begins before layer `from`: a value of unknown rank has the sizes seen at import. */
function inputsOf({ facts }: StoredModel, segment: SegmentSpec, from: number): MeasureTask["inputs"] {
  const sizes = new Map((facts.cuts[from - 1]?.tensors ?? []).map((tensor) => [tensor.name, tensor.sizes]));
  return segment.inputs.map(({ name, dataType, shape }) => ({ name, dataType, shape: facts.states.find((pair) => pair.input === name)?.shape ?? sizes.get(name) ?? resolveShape(shape, facts.dimensionValues) }));
}
