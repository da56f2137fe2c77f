// Owns which fault strikes what and when, in a run that lasts some minutes: from a seed, one at a time, every kind as often as any other. Pure.
import { seededRandom } from "./shaped-link.ts";

/** `freeze`: the process tree stops and later goes on, so that its connections are half-open. `corrupt`: bytes of a cached weights file change, then its agent is killed. */
export const FAULT_KINDS = ["kill-agent", "freeze-agent", "kill-stage", "cut-link", "reset-link", "slow-link", "lossy-link", "corrupt-file", "fill-disk", "kill-console", "kill-database"] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];
export type PlannedFault = { atMs: number; kind: FaultKind; /** Node, where the fault is of one. */ node: string; /** Of a link: the other end. */ peer: string; /** Until it is undone, or what it killed is started again. */ lastsMs: number };
export type FaultPlanOptions = { seed: number; durationMs: number; everyMs: number; nodes: readonly string[]; kinds: readonly FaultKind[]; /** Nodes whose disk can be filled. */ smallDisks: readonly string[] };

/** Longest a fault lasts: the last quarter of the time between two is for coming back. */
const LASTS_AT_MOST = 0.5;
const LASTS_AT_LEAST_MS = 1_000;

export function planFaults({ seed, durationMs, everyMs, nodes, kinds, smallDisks }: FaultPlanOptions): PlannedFault[] {
  const random = seededRandom(seed);
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
  const faults: PlannedFault[] = [];
  let left: FaultKind[] = [];
  for (let atMs = everyMs; atMs + everyMs <= durationMs; atMs += everyMs) {
    if (left.length === 0) left = kinds.filter((kind) => kind !== "fill-disk" || smallDisks.length > 0);
    const kind = pick(left);
    left = left.filter((one) => one !== kind);
    const node = pick(kind === "fill-disk" ? smallDisks : nodes);
    const peer = pick(nodes.filter((one) => one !== node));
    faults.push({ atMs, kind, node, peer, lastsMs: Math.round(LASTS_AT_LEAST_MS + random() * Math.max(0, LASTS_AT_MOST * everyMs - LASTS_AT_LEAST_MS)) });
  }
  return faults;
}
