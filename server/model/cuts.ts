// Owns where a model may be cut: for each position the values that cross, their bytes, and why a position is not allowed.
import type { DataType } from "../../agents/protocol/tensor.ts";
import type { Cut, CutTensor } from "./model.ts";
import type { Schedule } from "./schedule.ts";
import { type ValueTable, valueBytes } from "./shapes.ts";
import { shortName } from "./model-refusal.ts";

export type Position = { bytes: number; reason: string | null };

/** Every position p (after ops[p]) with its crossing bytes and, where illegal, the reason. Linear in the ops. */
export function positionsOf(schedule: Schedule, values: ValueTable): Position[] {
  const count = Math.max(schedule.ops.length - 1, 0);
  const delta = new Float64Array(count + 1);
  const positions: Position[] = Array.from({ length: count }, () => ({ bytes: 0, reason: null }));
  for (const [name, life] of schedule.lives) {
    const from = Math.max(life.madeAt, 0);
    const to = Math.min(life.neededUntil, count);
    if (to <= from) continue;
    const bytes = valueBytes(values.get(name));
    delta[from] = (delta[from] ?? 0) + bytes;
    delta[to] = (delta[to] ?? 0) - bytes;
    const facts = values.get(name);
    const notWire = facts === undefined ? "an unknown type" : facts.notWire;
    if (notWire === null) continue;
    for (let position = from; position < to; position++) {
      const place = positions[position] as Position;
      place.reason ??= `"${shortName(name)}" would cross, and ${notWire} values can't be sent between nodes.`;
    }
  }
  markTornStates(schedule, positions);
  let bytes = 0;
  for (let position = 0; position < count; position++) {
    bytes += delta[position] ?? 0;
    (positions[position] as Position).bytes = Math.max(0, Math.round(bytes));
  }
  return positions;
}

/** State read and written on different sides would have to travel back: its readers and its writer stay in one segment. */
function markTornStates(schedule: Schedule, positions: Position[]): void {
  for (const state of schedule.states) {
    const writer = schedule.graph.producer.get(state.output);
    const places = (schedule.graph.consumers.get(state.input) ?? []).map((op) => schedule.positionOf.get(op));
    if (writer !== undefined) places.push(schedule.positionOf.get(writer));
    const known = places.filter((place): place is number => place !== undefined);
    for (let position = Math.min(...known); position < Math.max(...known); position++) {
      const place = positions[position];
      if (place !== undefined) place.reason ??= `It would tear the state "${shortName(state.input)}" → "${shortName(state.output)}", which is read before this place and written after it.`;
    }
  }
}

/** Names of the values that cross after ops[position], in the order they are made (inputs first). */
export function crossingAt(schedule: Schedule, position: number): string[] {
  const names: string[] = [];
  for (const [name, life] of schedule.lives) if (life.madeAt <= position && position < life.neededUntil) names.push(name);
  return names;
}

/** The cuts at chosen positions. */
export function cutsAt(schedule: Schedule, values: ValueTable, boundaries: number[], positions: Position[]): Cut[] {
  const started = new Map<number, string[]>();
  for (const [name, life] of schedule.lives) {
    const list = started.get(life.madeAt);
    if (list === undefined) started.set(life.madeAt, [name]);
    else list.push(name);
  }
  const alive = new Set<string>();
  let next = -1;
  return boundaries.map((position, index) => {
    for (; next <= position; next++) for (const name of started.get(next) ?? []) alive.add(name);
    for (const name of alive) if ((schedule.lives.get(name)?.neededUntil ?? 0) <= position) alive.delete(name);
    const reason = positions[position]?.reason ?? null;
    const tensors = [...alive].map((name): CutTensor => {
      const facts = values.get(name);
      return { name, dataType: facts?.dataType ?? ("float32" satisfies DataType), shape: facts?.shape ?? null, bytes: valueBytes(facts), sizes: facts?.sizes ?? null };
    });
    return { index, legal: reason === null, reason, tensors, bytes: tensors.reduce((sum, tensor) => sum + tensor.bytes, 0) };
  });
}
