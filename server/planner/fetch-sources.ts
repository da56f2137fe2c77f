// Owns from whom a node gets the bytes that it lacks, and how long that takes today: the nearest holder that has a way there, else the console. Pure.
// As agents choose (agents/choose-holder.ts, agents/split-range.ts): a holder that gives to others at the same time counts as so much farther.
import { bytesIn, type FileSpans, joinFiles, spansOutside } from "./byte-spans.ts";
import { type FetchStage, graphBytesOutside, heldOn, spansOf } from "./fetch-bytes.ts";
import { consoleBytesPerSecond } from "./console-rate.ts";
import type { Problem } from "./problem.ts";

/** Nodes by their index in the problem; null = the console. */
export type Transfer = { fromIndex: number | null; toIndex: number; bytes: number };

/** An agent that has never fetched from the console takes it for this much (as agents/choose-holder.ts): a holder over a slower line is passed over. */
const CONSOLE_TAKEN_FOR_BYTES_PER_SECOND = 6e6;

/** Asked of one stage after the other, as fetchCounter. Null = it is not known which pieces layers need. `old`: what runs. */
export function transferFinder(problem: Problem, old: readonly FetchStage[]): ((stage: FetchStage) => Transfer[]) | null {
  const { fetch } = problem;
  if (!fetch) return null;
  const held: FileSpans[] = problem.nodes.map((node) => heldOn(problem, fetch, old, node.topologyNodeId));
  const have = [...held];
  const nearest = new Map<number, Holder[]>();
  /** By holder: whom it gives to. */
  const served = new Map<number, Set<number>>();
  return (stage) => {
    const toIndex = problem.nodes.findIndex((node) => node.topologyNodeId === stage.topologyNodeId);
    if (toIndex < 0) return [];
    const wanted = spansOf(fetch, stage);
    let missing = spansOutside(wanted, have[toIndex] as FileSpans);
    have[toIndex] = joinFiles(have[toIndex] as FileSpans, wanted);
    const transfers: Transfer[] = [];
    const holders = nearest.get(toIndex) ?? holdersFor(problem, held, toIndex);
    nearest.set(toIndex, holders);
    for (const fromIndex of missing.size === 0 ? [] : soonestFirst(holders, served, toIndex)) {
      const left = spansOutside(missing, held[fromIndex] as FileSpans);
      const bytes = bytesIn(missing) - bytesIn(left);
      if (bytes === 0) continue;
      transfers.push({ fromIndex, toIndex, bytes });
      served.set(fromIndex, new Set([...(served.get(fromIndex) ?? []), toIndex]));
      missing = left;
      if (missing.size === 0) break;
    }
    // The stage's own file is made by the console.
    const bytes = bytesIn(missing) + graphBytesOutside(fetch, old, stage);
    return bytes === 0 ? transfers : [...transfers, { fromIndex: null, toIndex, bytes }];
  };
}

type Holder = { index: number; bytesPerSecond: number };
/** That hold something, answer, and have a way to it. */
function holdersFor(problem: Problem, held: readonly FileSpans[], toIndex: number): Holder[] {
  const least = Math.min(CONSOLE_TAKEN_FOR_BYTES_PER_SECOND, consoleBytesPerSecond(problem, toIndex));
  return problem.nodes.flatMap((node, index) => {
    const bytesPerSecond = problem.paths[index]?.[toIndex]?.bandwidthBytesPerSecond ?? 0;
    return index === toIndex || held[index]?.size === 0 || !(node.online || node.serves) || bytesPerSecond < least ? [] : [{ index, bytesPerSecond }];
  }).sort((a, b) => b.bytesPerSecond - a.bytesPerSecond || a.index - b.index);
}

function soonestFirst(holders: readonly Holder[], served: ReadonlyMap<number, ReadonlySet<number>>, toIndex: number): number[] {
  const rateOf = ({ index, bytesPerSecond }: Holder) => bytesPerSecond / (1 + [...(served.get(index) ?? [])].filter((other) => other !== toIndex).length);
  return (served.size === 0 ? [...holders] : holders.toSorted((a, b) => rateOf(b) - rateOf(a) || a.index - b.index)).map(({ index }) => index);
}

/** Of one transfer that shares its line with no other. */
export function secondsAlone(problem: Problem, { fromIndex, toIndex, bytes }: Transfer): number {
  const path = fromIndex === null ? null : problem.paths[fromIndex]?.[toIndex];
  return bytes / (path?.bandwidthBytesPerSecond ?? consoleBytesPerSecond(problem, toIndex));
}

/**
 * By node that fetches, seconds. A node takes one piece after the other over the lines that they come by; all that goes over one line at once shares it, and
 * nobody gives faster than over its best line: who shares is done when all of that is.
 */
export function fetchSeconds(problem: Problem, transfers: readonly Transfer[]): Map<number, number> {
  const own = new Map<number, number>();
  const shared = new Map<string, { seconds: number; users: Set<number> }>();
  const use = (key: string, toIndex: number, seconds: number) => {
    const one = shared.get(key) ?? { seconds: 0, users: new Set<number>() };
    shared.set(key, { seconds: one.seconds + seconds, users: one.users.add(toIndex) });
  };
  const clients = new Set(transfers.filter((one) => one.fromIndex === null).map((one) => one.toIndex));
  const consoleBest = Math.max(0, ...[...clients].map((index) => consoleBytesPerSecond(problem, index)));
  for (const transfer of transfers) {
    const { fromIndex, toIndex, bytes } = transfer;
    own.set(toIndex, (own.get(toIndex) ?? 0) + secondsAlone(problem, transfer));
    use(`from ${fromIndex}`, toIndex, bytes / (fromIndex === null ? consoleBest : bestLine(problem, fromIndex)));
    for (const hop of fromIndex === null ? [] : (problem.paths[fromIndex]?.[toIndex]?.hops ?? [])) use(`hop ${hop.id}`, toIndex, bytes / hop.bandwidthBytesPerSecond);
  }
  for (const { seconds, users } of shared.values()) for (const index of users) own.set(index, Math.max(own.get(index) ?? 0, seconds));
  return own;
}

/** Out of it; of those that are drawn and there today. */
function bestLine(problem: Problem, index: number): number {
  return Math.max(0, ...(problem.paths[index] ?? []).flatMap((path, to) => (to === index || !path ? [] : [path.bandwidthBytesPerSecond])));
}
