// Owns the order in which a model's ops are laid out for cutting, and how long each value lives in it: which values cross a position.
// Constants are repeated where needed, cheap values recomputed from the inputs, state stays with its layer. Not bytes, not layers.
import type { StatePair } from "../../agents/protocol/control.ts";
import type { Graph, Op } from "./graph.ts";
import { CHEAP_OP_TYPES, RANDOM_OP_TYPES } from "./op-types.ts";

/** Ops of one recomputed value, with all it is made from. More is no longer cheap. */
const MAX_RECOMPUTED_OPS = 64;

/** Token ids, masks and positions are sent rather than what is made from them, even where that is smaller for one token: it grows with the square of the sequence. */
const SMALL_ROOT_BYTES = 4096;
const INTEGER_TYPES: ReadonlySet<number> = new Set([6, 7, 9]);

export type Schedule = {
  graph: Graph;
  /** Ops that are not constants and lead to an output, in their order; a position is an index into it. */
  ops: Op[];
  positionOf: ReadonlyMap<Op, number>;
  /** Ops repeated from the inputs instead of sending what they make. */
  recomputed: ReadonlySet<Op>;
  /** Value → [made after position, needed until position): it crosses cut p when madeAt ≤ p < neededUntil. −1 = model input. */
  lives: ReadonlyMap<string, { madeAt: number; neededUntil: number }>;
  states: StatePair[];
  deadOps: number;
};

/** `bytesOf`: size of a value at the model's dimension values (the recompute rule weighs what would be sent instead). */
export function scheduleOps(graph: Graph, states: StatePair[], bytesOf: (value: string) => number): Schedule {
  const alive = aliveOps(graph);
  const ops = orderOps(graph, states);
  const positionOf = new Map(ops.map((op, position) => [op, position]));
  const recomputed = recomputedOps(graph, ops, states, bytesOf);
  return { graph, ops, positionOf, recomputed, states, lives: livesOf(graph, ops, positionOf, recomputed, states), deadOps: graph.ops.length - alive.size };
}

/** The order alone: what extraction needs to know which op is in which layer. */
export function orderOps(graph: Graph, states: StatePair[]): Op[] {
  const alive = aliveOps(graph);
  return sinkStateOps(graph, graph.ops.filter((op) => !op.isConstant && alive.has(op)), states);
}

function aliveOps(graph: Graph): Set<Op> {
  const alive = new Set<Op>();
  const open = graph.outputs.map((output) => graph.producer.get(output.name));
  for (let op = open.pop(); open.length > 0 || op !== undefined; op = open.pop()) {
    if (op === undefined || alive.has(op)) continue;
    alive.add(op);
    for (const value of op.reads) open.push(graph.producer.get(value));
  }
  return alive;
}

/** Ops fed by state alone move to just before their first reader, so that a state input read early in the file does not tear a late layer. */
function sinkStateOps(graph: Graph, main: Op[], states: StatePair[]): Op[] {
  if (states.length === 0) return main;
  const stateInputs = new Set(states.map((state) => state.input));
  const sunk = new Set<Op>();
  for (const op of main) {
    const fromState = op.reads.some((value) => stateInputs.has(value) || sunk.has(graph.producer.get(value) as Op));
    const onlyState = op.reads.every((value) => stateInputs.has(value) || graph.initializers.has(value) || graph.producer.get(value)?.isConstant === true || sunk.has(graph.producer.get(value) as Op));
    if (fromState && onlyState) sunk.add(op);
  }
  const ordered: Op[] = [];
  const placed = new Set<Op>();
  const place = (op: Op) => {
    // Depth first without recursion: chains of state ops may be long.
    const stack = [op];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as Op;
      const needed = placed.has(top) ? undefined : top.reads.map((value) => graph.producer.get(value)).find((made) => made !== undefined && sunk.has(made) && !placed.has(made));
      if (needed !== undefined) {
        stack.push(needed);
        continue;
      }
      stack.pop();
      if (!placed.has(top)) {
        placed.add(top);
        ordered.push(top);
      }
    }
  };
  for (const op of main) if (!sunk.has(op)) place(op);
  for (const op of sunk) place(op);
  return ordered;
}

type Origin = { roots: Set<string>; ops: Set<Op> };

/**
 * Masks, position ids and tables that are made by cheap ops from small inputs and read all over the model. A group with the same roots is
 * recomputed where sending the roots costs no more than sending the values.
 */
function recomputedOps(graph: Graph, ops: Op[], states: StatePair[], bytesOf: (value: string) => number): Set<Op> {
  const stateInputs = new Set(states.map((state) => state.input));
  const inputs = new Set(graph.inputs.map((input) => input.name).filter((name) => !stateInputs.has(name)));
  const integerInputs = new Set(graph.inputs.filter((input) => INTEGER_TYPES.has(input.elementType)).map((input) => input.name));
  const outputs = new Set(graph.outputs.map((output) => output.name));
  const origins = new Map<Op, Origin>();
  for (const op of ops) {
    const origin = originOf(graph, op, origins, inputs);
    if (origin !== null && !op.outputs.some((output) => outputs.has(output))) origins.set(op, origin);
  }
  const groups = new Map<string, { roots: Set<string>; sendBytes: number; ops: Set<Op> }>();
  for (const [op, origin] of origins) {
    for (const value of op.outputs) {
      if (!(graph.consumers.get(value) ?? []).some((reader) => !origins.has(reader))) continue;
      const key = [...origin.roots].sort().join("\n");
      const group = groups.get(key) ?? { roots: origin.roots, sendBytes: 0, ops: new Set<Op>() };
      group.sendBytes += bytesOf(value);
      for (const one of origin.ops) group.ops.add(one);
      groups.set(key, group);
    }
  }
  const recomputed = new Set<Op>();
  for (const group of groups.values()) {
    const rootBytes = [...group.roots].reduce((sum, root) => sum + bytesOf(root), 0);
    const isSmall = rootBytes <= SMALL_ROOT_BYTES && [...group.roots].every((root) => integerInputs.has(root));
    if ((isSmall || rootBytes <= group.sendBytes) && group.ops.size <= MAX_RECOMPUTED_OPS) for (const op of group.ops) recomputed.add(op);
  }
  return recomputed;
}

function originOf(graph: Graph, op: Op, origins: ReadonlyMap<Op, Origin>, inputs: ReadonlySet<string>): Origin | null {
  if (!CHEAP_OP_TYPES.has(op.opType) || RANDOM_OP_TYPES.has(op.opType) || op.captures.length > 0 || (op.domain !== "" && op.domain !== "ai.onnx")) return null;
  const origin: Origin = { roots: new Set(), ops: new Set([op]) };
  for (const value of op.reads) {
    const made = graph.producer.get(value);
    if (inputs.has(value)) origin.roots.add(value);
    else if (graph.initializers.has(value)) {
      // A look-up in a large table is what a first layer is made of, not a mask.
      const tensor = graph.initializers.get(value);
      if (tensor !== undefined && tensor.dims.reduce((product, size) => product * size, 1) > 65_536) return null;
    } else if (made?.isConstant === true) continue;
    else {
      const inner = made === undefined ? undefined : origins.get(made);
      if (inner === undefined) return null;
      for (const root of inner.roots) origin.roots.add(root);
      for (const one of inner.ops) origin.ops.add(one);
    }
    if (origin.ops.size > MAX_RECOMPUTED_OPS) return null;
  }
  return origin;
}

function livesOf(graph: Graph, ops: Op[], positionOf: ReadonlyMap<Op, number>, recomputed: ReadonlySet<Op>, states: StatePair[]): Map<string, { madeAt: number; neededUntil: number }> {
  const stateInputs = new Set(states.map((state) => state.input));
  const stateOutputs = new Set(states.map((state) => state.output));
  const lives = new Map<string, { madeAt: number; neededUntil: number }>();
  for (const input of graph.inputs) if (!stateInputs.has(input.name)) lives.set(input.name, { madeAt: -1, neededUntil: -1 });
  const rootsOf = new Map<Op, Set<string>>();
  const extend = (value: string, position: number) => {
    const life = lives.get(value);
    if (life !== undefined) life.neededUntil = Math.max(life.neededUntil, position);
  };
  for (const [position, op] of ops.entries()) {
    if (recomputed.has(op)) {
      const roots = new Set<string>();
      for (const value of op.reads) {
        const made = graph.producer.get(value);
        if (lives.has(value)) roots.add(value);
        for (const root of made === undefined ? [] : (rootsOf.get(made) ?? [])) roots.add(root);
      }
      rootsOf.set(op, roots);
    } else for (const value of op.outputs) lives.set(value, { madeAt: position, neededUntil: position });
    for (const value of op.reads) {
      const made = graph.producer.get(value);
      const roots = made === undefined ? undefined : rootsOf.get(made);
      if (roots === undefined) extend(value, position);
      else for (const root of roots) extend(root, position);
    }
  }
  for (const output of graph.outputs) if (!stateOutputs.has(output.name) && positionOf.size > 0) extend(output.name, ops.length);
  return lives;
}
