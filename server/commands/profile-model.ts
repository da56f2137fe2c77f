// Owns asking live nodes to measure a model. The tasks are part of the nodes' desired state; answers come with their reports.
import type { MeasureTask, SegmentSpec } from "../../agents/protocol/control.ts";
import { AppError } from "../errors.ts";
import { newId } from "../ids.ts";
import { resolveShape } from "../live/resolve-shape.ts";
import { DEFAULT_SESSION } from "../planner/default-session.ts";
import { saveMeasureTask } from "../store/measure-tasks.ts";
import { findModel, type StoredModel } from "../store/models.ts";
import { findOperationByKey, type Operation } from "../store/operations.ts";
import type { LiveNode } from "../topology/topology.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { listLiveFleet } from "./list-live-fleet.ts";
import { prepareSegments } from "./prepare-segments.ts";
import { beginOperation } from "./run-operation.ts";

/** Enough for a median; a slow model on a slow node is cut off by the time limit. */
const MEASURE_RUNS = 20;
const MEASURE_TIMEOUT_MS = 5 * 60_000;

/** Without `nodeIds`: one online node of each device class. @throws AppError not-found, conflict when no node can measure. */
export async function profileModel(deps: Deps, input: { id: string; nodeIds?: string[]; idempotencyKey?: string }, actor: Actor): Promise<Operation> {
  const known = input.idempotencyKey === undefined ? null : await findOperationByKey(deps.db, input.idempotencyKey);
  if (known) return known;
  const model = await findOrThrow(findModel(deps.db, input.id), "model", input.id);
  const nodes = chooseNodes((await listLiveFleet(deps)).nodes, input.nodeIds);
  const [segment] = await prepareSegments(deps, model.id, [{ from: 0, to: model.facts.layers.length }]);
  if (!segment) throw new AppError("internal", "The whole model could not be made into a segment.");
  const operation = await deps.publisher.transact(async (tx, append) => {
    const begun = await beginOperation(deps, tx, append, { kind: "profile-model", subjectId: model.id, actor, ...(input.idempotencyKey === undefined ? {} : { idempotencyKey: input.idempotencyKey }) });
    for (const node of nodes) await saveMeasureTask(tx, { task: makeTask(model, segment), nodeId: node.nodeId, operationId: begun.id, createdAt: begun.createdAt });
    return begun;
  });
  deps.wake("a measurement was asked for");
  return operation;
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

function makeTask(model: StoredModel, segment: SegmentSpec): MeasureTask {
  const { facts } = model;
  return {
    taskId: newId("mea"),
    modelId: model.id,
    segment,
    session: DEFAULT_SESSION,
    inputs: segment.inputs.map(({ name, dataType, shape }) => ({ name, dataType, shape: facts.states.find((pair) => pair.input === name)?.shape ?? resolveShape(shape, facts.dimensionValues) })),
    runs: MEASURE_RUNS,
    timeoutMs: MEASURE_TIMEOUT_MS,
  };
}
