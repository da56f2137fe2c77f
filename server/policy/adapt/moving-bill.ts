// Owns what a move costs: bytes over today's links, seconds until it serves, what it takes from requests meanwhile, memory while both are loaded. Pure.
import { consoleBytesPerSecond } from "../../planner/console-rate.ts";
import { diffPlacements } from "../../planner/diff-placements.ts";
import { fetchSeconds, transferFinder } from "../../planner/fetch-sources.ts";
import { loadTime, warmTime } from "../../planner/load-time.ts";
import type { Placement, PlanDiff } from "../../planner/plan.ts";
import { freeBytes, type Problem } from "../../planner/problem.ts";
import { diffReplicas } from "../../planner/replicas/diff-replicas.ts";
import { FIRST_SHARE } from "./move-toll.ts";

export type MovingBill = {
  bytes: number;
  /** Until the new revision answers: the slowest node's fetching, loading and first run, and what every move takes. */
  seconds: number;
  /** Seconds of today's cost that it takes from requests while it runs. */
  costSeconds: number;
  /** Drawn nodes that cannot hold both revisions. */
  shortOfMemory: string[];
  parts: BillParts;
};
/** What `seconds` are the sum of. */
export type BillParts = {
  /** Of the node that takes longest. */
  fetchSeconds: number; loadSeconds: number; warmSeconds: number;
  /** What moves take beside; of one with a pause, what that takes. */
  otherSeconds: number;
  /** measured = loading and first run as they were seen on that node. */
  loading: "measured" | "estimated";
  /** Who gives the bytes: a drawn node, null = the console. Absent = it is not known who holds what: each node's best line was taken for all. */
  from?: { topologyNodeId: string | null; bytes: number }[];
};

/** A change is worth something only if it beats this: cold caches after cutover, two revisions' lanes. In seconds of today's cost. */
const FIXED_COST_SECONDS = 1;

/** Of what moves nothing. */
export const NO_BILL: MovingBill = { bytes: 0, seconds: 0, costSeconds: 0, shortOfMemory: [], parts: { fetchSeconds: 0, loadSeconds: 0, warmSeconds: 0, otherSeconds: 0, loading: "estimated" } };

/** `problem`: today's. `overheadSeconds`: what moves took beside fetching, loading and first runs. */
export function movingBill(problem: Problem, running: Placement, target: Placement, overheadSeconds: number): MovingBill {
  return billOf(problem, diffPlacements(problem, running, target), running, overheadSeconds);
}

/** The same where the number of replicas changes: what all of them need. */
export function replicasBill(problem: Problem, running: readonly Placement[], target: readonly Placement[], overheadSeconds: number): MovingBill {
  return billOf(problem, diffReplicas(problem, running, target), running.flat(), overheadSeconds);
}

/** With what moves were seen to take from requests here, a share of each second; absent = as a bill takes it for granted. */
export function billedBy(bill: MovingBill, share = FIRST_SHARE): MovingBill {
  return share === FIRST_SHARE ? bill : { ...bill, costSeconds: bill.costSeconds + (share - FIRST_SHARE) * bill.seconds };
}

/** Of one after the other. */
export function sumBills(bills: readonly MovingBill[]): MovingBill {
  const sum = (of: (bill: MovingBill) => number) => bills.reduce((total, bill) => total + of(bill), 0);
  const transfers = bills.flatMap(({ parts }) => parts.from ?? []);
  return {
    bytes: sum((bill) => bill.bytes), seconds: sum((bill) => bill.seconds), costSeconds: sum((bill) => bill.costSeconds), shortOfMemory: [...new Set(bills.flatMap((bill) => bill.shortOfMemory))],
    parts: {
      fetchSeconds: sum(({ parts }) => parts.fetchSeconds), loadSeconds: sum(({ parts }) => parts.loadSeconds), warmSeconds: sum(({ parts }) => parts.warmSeconds), otherSeconds: sum(({ parts }) => parts.otherSeconds),
      loading: bills.every(({ parts }) => parts.loading === "measured") ? "measured" : "estimated", ...(bills.every(({ parts }) => parts.from) ? { from: byGiver(transfers) } : {}),
    },
  };
}

function billOf(problem: Problem, diff: PlanDiff, resident: Placement, overheadSeconds: number): MovingBill {
  const changed = diff.stages.flatMap(({ change, from, to, toTopologyNodeId, shipBytes }) => (toTopologyNodeId === null || change === "keep" ? [] : [{ from, to, topologyNodeId: toTopologyNodeId, shipBytes }]));
  const find = transferFinder(problem, resident);
  const transfers = find && changed.flatMap(find);
  const fetches = transfers && fetchSeconds(problem, transfers);
  const { seenLoads = [] } = problem;
  let slowest: Omit<BillParts, "otherSeconds" | "from"> = { fetchSeconds: 0, loadSeconds: 0, warmSeconds: 0, loading: "estimated" };
  for (const id of new Set(changed.map((stage) => stage.topologyNodeId))) {
    const index = problem.nodes.findIndex((node) => node.topologyNodeId === id);
    const own = changed.filter((stage) => stage.topologyNodeId === id);
    // A stage loads all that it runs, whatever of it lay there.
    const load = loadTime(seenLoads, id, own.reduce((sum, stage) => sum + weightsOf(problem, stage), 0));
    const warm = warmTime(seenLoads, id);
    const fetch = fetches ? (fetches.get(index) ?? 0) : own.reduce((sum, stage) => sum + stage.shipBytes, 0) / consoleBytesPerSecond(problem, index);
    const one: typeof slowest = { fetchSeconds: fetch, loadSeconds: load.ms / 1000, warmSeconds: warm.ms / 1000, loading: load.kind === "measured" && warm.kind === "measured" ? "measured" : "estimated" };
    if (secondsOf(one) > secondsOf(slowest)) slowest = one;
  }
  const seconds = secondsOf(slowest) + overheadSeconds;
  const shortOfMemory = diff.memory.filter((entry) => entry.peakBytes > freeBytes(problem.nodes.find((node) => node.topologyNodeId === entry.topologyNodeId) ?? NO_LIMIT)).map((entry) => entry.topologyNodeId);
  const from = transfers && byGiver(transfers.map(({ fromIndex, bytes }) => ({ topologyNodeId: fromIndex === null ? null : (problem.nodes[fromIndex]?.topologyNodeId ?? null), bytes })));
  return { bytes: diff.shipBytes, seconds, costSeconds: FIXED_COST_SECONDS + FIRST_SHARE * seconds, shortOfMemory, parts: { ...slowest, otherSeconds: overheadSeconds, ...(from ? { from } : {}) } };
}

const secondsOf = ({ fetchSeconds, loadSeconds, warmSeconds }: Pick<BillParts, "fetchSeconds" | "loadSeconds" | "warmSeconds">): number => fetchSeconds + loadSeconds + warmSeconds;
const weightsOf = ({ layerWeightBytes }: Problem, { from, to }: { from: number; to: number }): number => layerWeightBytes.slice(from, to).reduce((sum, bytes) => sum + bytes, 0);

/** Each once, who gives most first. */
function byGiver(given: readonly { topologyNodeId: string | null; bytes: number }[]): { topologyNodeId: string | null; bytes: number }[] {
  const sums = new Map<string | null, number>();
  for (const { topologyNodeId, bytes } of given) sums.set(topologyNodeId, (sums.get(topologyNodeId) ?? 0) + bytes);
  return [...sums].map(([topologyNodeId, bytes]) => ({ topologyNodeId, bytes })).sort((a, b) => b.bytes - a.bytes);
}

const NO_LIMIT = { memoryLimitBytes: null } as Parameters<typeof freeBytes>[0];
