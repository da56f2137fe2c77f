// A discrete-event simulator of one deployment under disturbances: what a policy does, and what requests pay for it. Simulated, not measured: service
// times are the cost model's in the disturbed fleet, measurements are those times with log-normal noise, a request a moment, no queues.
// Events are the ends of disturbances, of moves, and the control loop's second; between two events nothing changes, so costs are integrals.
//
//   make before break: the old placement serves at the calibrated disadvantage until the move is done; after it one second counts double (cold caches)
//   pausing:           nothing serves; what arrives waits for the end, on average half of it
import { estimatePlacement } from "../../server/planner/estimate.ts";
import type { Placement } from "../../server/planner/plan.ts";
import type { Problem } from "../../server/planner/problem.ts";
import { samePlacement } from "../../server/policy/adapt/alternatives.ts";
import type { Observation } from "../../server/policy/adapt/controller.ts";
import { movingBill } from "../../server/policy/adapt/moving-bill.ts";
import { type Slowdowns, todaysProblem } from "../../server/policy/adapt/todays-problem.ts";
import { ASSUMED, CALIBRATED } from "./calibration.ts";
import { slowdownsAt, type Trace } from "./disturbances.ts";
import { normalsFrom } from "./normals-from.ts";

export type Policy = {
  name: string;
  /** Stops serving while it moves. */
  pauses?: boolean;
  /** A placement to go to; null = stay. Not asked while a move is under way. */
  step(seen: Observation): Placement | null;
  /** Called each second of a move. */
  watch?(seen: Observation): void;
};
/** `meanCost`: of a request over the whole trace, milliseconds. */
export type Outcome = { meanCost: number; moves: number; bytesMoved: number };

const TICK_MS = 1_000;
/** Idle nodes are probed each other second, idle links twice a minute, as agents do. */
const NODE_PROBE_TICKS = 2;
const LINK_PROBE_TICKS = 30;
const COLD_MS = 1_000;
const { interference: INTERFERENCE, moveOverheadSeconds: MOVE_OVERHEAD_SECONDS, moveSpread: MOVE_SPREAD } = CALIBRATED ?? ASSUMED;

export function simulate(problem: Problem, home: Placement, trace: Trace, noise: number, policy: Policy, seed: number): Outcome {
  const normal = normalsFrom(seed * 31 + 17);
  let running = home;
  let move: { target: Placement; untilMs: number; startedMs: number } | null = null;
  const moves: number[] = [];
  let coldUntilMs = 0;
  let bytesMoved = 0;
  let total = 0;
  const boundaries = trace.disturbances.flatMap(({ fromMs, toMs }) => [fromMs, toMs]).sort((a, b) => a - b);
  let boundary = 0;
  let tick = 0;
  for (let nowMs = 0; nowMs < trace.endMs; ) {
    const slowdowns = slowdownsAt(trace, nowMs);
    const nextTickMs = (tick + 1) * TICK_MS;
    while ((boundaries[boundary] ?? Number.POSITIVE_INFINITY) <= nowMs) boundary++;
    const nextMs = Math.min(nextTickMs, boundaries[boundary] ?? Number.POSITIVE_INFINITY, move?.untilMs ?? Number.POSITIVE_INFINITY, coldUntilMs > nowMs ? coldUntilMs : Number.POSITIVE_INFINITY, trace.endMs);
    const cost = trueCost(problem, slowdowns, running);
    const spanMs = nextMs - nowMs;
    if (move && policy.pauses) total += spanMs * (cost + Math.max(0, move.untilMs - (nowMs + nextMs) / 2));
    else total += spanMs * cost * (1 + (move ? INTERFERENCE : 0) + (nowMs < coldUntilMs ? 1 : 0));
    nowMs = nextMs;
    if (move && nowMs >= move.untilMs) {
      running = move.target;
      move = null;
      coldUntilMs = policy.pauses ? 0 : nowMs + COLD_MS;
    }
    if (nowMs < nextTickMs) continue;
    tick++;
    const seen = observe({ problem, slowdowns: slowdownsAt(trace, nowMs), running, home, noise, normal, tick, nowMs, isMoving: move !== null, moves });
    if (move) {
      policy.watch?.(seen);
      continue;
    }
    const target = policy.step(seen);
    if (!target || samePlacement(target, running)) continue;
    const bill = movingBill(todaysProblem(problem, slowdownsAt(trace, nowMs)), running, target, MOVE_OVERHEAD_SECONDS);
    move = { target, startedMs: nowMs, untilMs: nowMs + bill.seconds * 1000 * Math.exp(MOVE_SPREAD * normal()) };
    moves.push(nowMs);
    bytesMoved += bill.bytes;
  }
  return { meanCost: total / trace.endMs, moves: moves.length, bytesMoved };
}

const costs = new WeakMap<Problem, Map<Slowdowns, Map<string, number>>>();
/** Milliseconds of a request. */
export function trueCost(problem: Problem, slowdowns: Slowdowns, placement: Placement): number {
  const bySlowdown = costs.get(problem) ?? new Map<Slowdowns, Map<string, number>>();
  costs.set(problem, bySlowdown);
  const byPlacement = bySlowdown.get(slowdowns) ?? new Map<string, number>();
  bySlowdown.set(slowdowns, byPlacement);
  const key = placement.map((stage) => `${stage.to}${stage.topologyNodeId}`).join();
  const known = byPlacement.get(key);
  if (known !== undefined) return known;
  const cost = estimatePlacement(todaysProblem(problem, slowdowns), placement)?.latencyMs ?? Number.POSITIVE_INFINITY;
  byPlacement.set(key, cost);
  return cost;
}

type Look = { problem: Problem; slowdowns: Slowdowns; running: Placement; home: Placement; noise: number; normal: () => number; tick: number; nowMs: number; isMoving: boolean; moves: readonly number[] };
function observe({ problem, slowdowns, running, home, noise, normal, tick, nowMs, isMoving, moves }: Look): Observation {
  const estimate = estimatePlacement(todaysProblem(problem, slowdowns), running);
  const noisy = (value: number) => value * Math.exp(noise * normal());
  const meanwhile = isMoving ? 1 + INTERFERENCE : 1;
  const used = new Set(running.map((stage) => stage.topologyNodeId));
  const idle = new Map<string, number>();
  if (tick % NODE_PROBE_TICKS === 0) for (const { topologyNodeId: id } of problem.nodes) if (!used.has(id)) idle.set(`node:${id}`, noisy(slowdowns.nodes.get(id) ?? 1));
  if (tick % LINK_PROBE_TICKS === 0) for (const a of problem.nodes) for (const b of problem.nodes) if (a !== b) {
    const pair = `${a.topologyNodeId}>${b.topologyNodeId}`;
    idle.set(`link:${pair}`, noisy(slowdowns.links.get(pair) ?? 1));
  }
  return {
    nowMs, problem, request: { objective: "latency" }, running, home, isMoving, moves,
    stageMs: estimate?.stages.map((stage) => noisy(stage.computeMs) * meanwhile) ?? [],
    hopMs: estimate?.hops.map((hop) => noisy(hop.latencyMs + hop.transferMs) * meanwhile) ?? [],
    idleSlowdowns: idle, moveOverheadSeconds: MOVE_OVERHEAD_SECONDS,
  };
}
