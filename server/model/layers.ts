// Owns the planning unit: which ops make a layer, where one ends, what it is called and what it costs. Not which cuts are legal.
import type { TensorSpec } from "../../agents/protocol/tensor.ts";
import { flopsOf, tableBytesOf, weightsOf } from "./cost.ts";
import type { Position } from "./cuts.ts";
import type { Op } from "./graph.ts";
import type { Layer } from "./model.ts";
import { HEAVY_OP_TYPES } from "./op-types.ts";
import type { Schedule } from "./schedule.ts";
import { nameOf, uniqueNames } from "./scopes.ts";
import { type ValueTable, valueBytes } from "./shapes.ts";

/** More layers than this are folded by their scopes: a person can't place them, and a plan's tables grow with their square. */
export const MAX_LAYERS = 512;

/**
 * Positions after which a layer ends. Every heavy op starts one; between two heavy ops the boundary lies where the fewest bytes cross
 * (the last such place: what follows an op belongs to it).
 */
export function layerBoundaries(schedule: Schedule, positions: Position[]): number[] {
  const heavy = schedule.ops.flatMap((op, position) => (isHeavy(op, schedule) ? [position] : []));
  const boundaries: number[] = [];
  for (let index = 0; index + 1 < heavy.length; index++) {
    const from = heavy[index] as number;
    const to = heavy[index + 1] as number;
    let best = from;
    for (let position = from + 1; position < to; position++) if (better(positions[position], positions[best])) best = position;
    boundaries.push(best);
  }
  // A model without heavy ops is cut between its ops.
  if (heavy.length <= 1 && !schedule.ops.some((op) => op.captures.length > 0)) {
    const light = positions.flatMap((_, position) => (weightsOf(schedule.ops[position] as Op, schedule.graph, new Set()).bytes > 0 || heavy.length === 0 ? [position] : []));
    return fold(schedule, positions, [...new Set([...boundaries, ...light])].sort((a, b) => a - b));
  }
  return fold(schedule, positions, boundaries);
}

function isHeavy(op: Op, schedule: Schedule): boolean {
  if (!HEAVY_OP_TYPES.has(op.opType)) return false;
  // A branch that only picks between tiny bodies (a squeeze or none) is wiring, not work.
  if (op.opType === "If") return weightsOf(op, schedule.graph, new Set()).bytes >= 1024;
  return true;
}

function better(candidate: Position | undefined, best: Position | undefined): boolean {
  if (candidate === undefined || best === undefined) return false;
  if ((candidate.reason === null) !== (best.reason === null)) return candidate.reason === null;
  return candidate.bytes <= best.bytes;
}

/** Too many: keep boundaries where the scope changes at the deepest level that is few enough, else the cheapest ones. */
function fold(schedule: Schedule, positions: Position[], boundaries: number[]): number[] {
  if (boundaries.length < MAX_LAYERS) return boundaries;
  const scopes = schedule.ops.map((op) => nameOf(op).scope);
  for (let depth = 12; depth > 0; depth--) {
    const prefix = (position: number) => (scopes[position] ?? []).slice(0, depth).join("/");
    const kept = boundaries.filter((position) => prefix(position) !== prefix(position + 1));
    if (kept.length < MAX_LAYERS && kept.length > 0) return kept;
  }
  const cheapest = [...boundaries].sort((a, b) => (positions[a]?.bytes ?? 0) - (positions[b]?.bytes ?? 0) || a - b);
  return cheapest.slice(0, MAX_LAYERS - 1).sort((a, b) => a - b);
}

/** The layers between the boundaries. Weights read by several layers count for the first. */
export function layersOf(schedule: Schedule, values: ValueTable, boundaries: number[]): Layer[] {
  const groups: Op[][] = [];
  let start = 0;
  for (const end of [...boundaries, schedule.ops.length - 1]) {
    groups.push(schedule.ops.slice(start, end + 1));
    start = end + 1;
  }
  const flops = new Map(schedule.ops.map((op) => [op, flopsOf(op, schedule.graph, values)]));
  const heaviest = groups.map((group) => heaviestOf(group, flops));
  const opNames = heaviest.map((op) => nameOf(op));
  const names = uniqueNames(opNames);
  const seen = new Set<string>();
  const seenTables = new Set<string>();
  let position = 0;
  return groups.map((group, index) => {
    const from = position;
    position += group.length;
    const weights = group.map((op) => weightsOf(op, schedule.graph, seen));
    const tableBytes = group.reduce((sum, op) => sum + tableBytesOf(op, schedule.graph, seenTables), 0);
    const opTypes: Record<string, number> = {};
    for (const op of group) opTypes[op.opType] = (opTypes[op.opType] ?? 0) + 1;
    return {
      index, name: names[index] as string, scope: opNames[index]?.scope ?? [], kind: (heaviest[index] as Op).opType,
      opCount: group.length, opTypes, opNames: group.map((op) => op.name),
      parameterCount: weights.reduce((sum, one) => sum + one.parameters, 0),
      weightBytes: weights.reduce((sum, one) => sum + one.bytes, 0),
      ...(tableBytes > 0 ? { tableBytes } : {}),
      flops: group.reduce((sum, op) => sum + (flops.get(op) ?? 0), 0),
      workspaceBytes: workspaceOf(schedule, values, from, position),
      outputs: outputsOf(schedule, values, from, position),
    };
  });
}

function heaviestOf(group: Op[], flops: ReadonlyMap<Op, number>): Op {
  let best = group[0] as Op;
  for (const op of group) {
    const rank = (HEAVY_OP_TYPES.has(op.opType) ? 1 : 0) - (HEAVY_OP_TYPES.has(best.opType) ? 1 : 0);
    if (rank > 0 || (rank === 0 && (flops.get(op) ?? 0) > (flops.get(best) ?? 0))) best = op;
  }
  return best;
}

/** Largest sum of values alive at once while ops [from, to) run; only those they read or make count. */
function workspaceOf(schedule: Schedule, values: ValueTable, from: number, to: number): number {
  const events = new Map<number, number>();
  const lastRead = new Map<string, number>();
  for (let position = from; position < to; position++) for (const value of schedule.ops[position]?.reads ?? []) lastRead.set(value, position);
  let alive = 0;
  for (const value of lastRead.keys()) if ((schedule.positionOf.get(schedule.graph.producer.get(value) as Op) ?? -1) < from) alive += release(value, valueBytes(values.get(value)), events, lastRead);
  let peak = alive;
  for (let position = from; position < to; position++) {
    for (const value of schedule.ops[position]?.outputs ?? []) alive += release(value, valueBytes(values.get(value)), events, lastRead);
    peak = Math.max(peak, alive);
    alive -= events.get(position) ?? 0;
  }
  return peak;
}

function release(value: string, bytes: number, events: Map<number, number>, lastRead: ReadonlyMap<string, number>): number {
  const at = lastRead.get(value);
  if (at !== undefined) events.set(at, (events.get(at) ?? 0) + bytes);
  return bytes;
}

/** Values made in the layer and read after it, or given out by the model. */
function outputsOf(schedule: Schedule, values: ValueTable, from: number, to: number): TensorSpec[] {
  const specs: TensorSpec[] = [];
  for (let position = from; position < to; position++) {
    for (const name of schedule.ops[position]?.outputs ?? []) {
      const facts = values.get(name);
      if ((schedule.lives.get(name)?.neededUntil ?? -1) >= to && facts?.dataType) specs.push({ name, dataType: facts.dataType, shape: facts.shape });
    }
  }
  return specs;
}
