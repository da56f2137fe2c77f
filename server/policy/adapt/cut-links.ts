// Owns which links between drawn nodes are cut, as agents tell: one that is not linked sends nothing, so nothing measures it as slow. Pure; JSON-serialisable memory.
import type { Placement } from "../../planner/plan.ts";
import type { Problem } from "../../planner/problem.ts";
import { lostNodes } from "./is-running.ts";

/** What was said last of the way from one node to another, and when, milliseconds. The receiver dials, so it is the receiver's word. */
export type LinkWord = { linked: boolean; atMs: number };
/** By "from>to" of drawn nodes, as data goes. */
export type LinkWords = ReadonlyMap<string, LinkWord>;
/** First and last time in a row that it was said not to be linked. */
export type Cut = { sinceMs: number; toldMs: number };

/** So long it has to be said: a connection that only broke is made anew within a second and a half, jittered waits of its dialler included. */
export const CUT_AFTER_MS = 3_000;
/** A cut that nobody has spoken of for so long, as where nobody dials or probes there any more, is of the past. */
const FORGET_MS = 10 * 60_000;

export function learnCuts(before: Readonly<Record<string, Cut>>, words: LinkWords, nowMs: number): Record<string, Cut> {
  const cuts: Record<string, Cut> = {};
  for (const [key, cut] of Object.entries(before)) if (nowMs - cut.toldMs < FORGET_MS) cuts[key] = cut;
  for (const [key, { linked, atMs }] of words) {
    const known = cuts[key];
    // A probe of before the cut was told says nothing of it.
    if (known && atMs < known.toldMs) continue;
    if (linked) delete cuts[key];
    else cuts[key] = { sinceMs: known?.sinceMs ?? atMs, toldMs: atMs };
  }
  return cuts;
}

/** Pairs without a way now, with since when. A cable is cut both ways: of the other direction too, unless that is said to be linked since. */
export function cutPairs(cuts: Readonly<Record<string, Cut>>, words: LinkWords): Map<string, number> {
  const pairs = new Map<string, number>();
  for (const [key, { sinceMs, toldMs }] of Object.entries(cuts)) {
    if (toldMs - sinceMs < CUT_AFTER_MS) continue;
    pairs.set(key, sinceMs);
    const back = key.split(">").reverse().join(">");
    const word = words.get(back);
    if (!pairs.has(back) && !(word?.linked && word.atMs >= sinceMs)) pairs.set(back, sinceMs);
  }
  return pairs;
}

/** "from>to" of what data of a placement crosses between two nodes, from where requests enter and back there. */
export function crossedPairs({ nodes, sourceIndex, entryIds }: Pick<Problem, "nodes" | "sourceIndex" | "entryIds">, placement: Placement): string[] {
  const source = sourceIndex === null ? placement[0]?.topologyNodeId : nodes[sourceIndex]?.topologyNodeId;
  return [...new Set((entryIds ?? [source]).flatMap((entry) => {
    const way = [entry, ...placement.map((stage) => stage.topologyNodeId), entry].filter((id) => id !== undefined);
    return way.slice(1).flatMap((to, index) => (to === way[index] ? [] : [`${way[index]}>${to}`]));
  }))];
}

/** Whether some entry has no way through it today. */
export function isCutOff(problem: Pick<Problem, "nodes" | "sourceIndex" | "entryIds" | "cutPairs">, placement: Placement): boolean {
  const { cutPairs } = problem;
  return cutPairs !== undefined && crossedPairs(problem, placement).some((pair) => cutPairs.has(pair));
}

/** Why a placement does not serve today. Keys as of drifts. */
export type Loss = { key: string; subject: string; /** In words. */ what: string; sinceMs: number | null };

/** Nodes and links that it needs and that are not there, in order; empty = none. `problem`: today's. */
export function lossesOf(problem: Problem, placement: Placement): Loss[] {
  const name = (id: string) => problem.nodes.find((node) => node.topologyNodeId === id)?.name ?? id;
  const lost = lostNodes(problem, placement).map((id): Loss => ({ key: `node:${id}`, subject: id, what: `A node that runs a part of it is lost: ${name(id)}.`, sinceMs: null }));
  const cut = crossedPairs(problem, placement).flatMap((pair): Loss[] => {
    const sinceMs = problem.cutPairs?.get(pair);
    return sinceMs === undefined ? [] : [{ key: `link:${pair}`, subject: pair, what: `The link from ${pair.split(">").map(name).join(" to ")} is cut, as agents report.`, sinceMs }];
  });
  return [...lost, ...cut];
}
