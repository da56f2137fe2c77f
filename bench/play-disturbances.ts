// Owns what happens to a scenario's two fleets while they serve: once a second how much slower each node and link is, with noise from a seed, and what happens once.
import { setTimeout as sleep } from "node:timers/promises";
import type { Scenario, StoryStep } from "../lab/scenarios/scenario.ts";
import { normalsFrom } from "../lab/simulator/normals-from.ts";
import type { ScenarioPair } from "./scenario-pair.ts";
import { SIDES } from "./scenario-pair.ts";

/** Times slower than the scenario says, by the names of nodes and by `linkName`; absent = 1. */
export type Moment = { nodes: ReadonlyMap<string, number>; links: ReadonlyMap<string, number> };
export type Happening = { atMs: number; says: string; node: string; does: "dies" | "returns" };
export type Disturbances = { forMs: number; /** Of logarithms, each second anew. 0 = none. */ noise: number; seed: number; momentAt(ms: number): Moment; happenings: readonly Happening[]; say(line: string): void };

const TICK_MS = 1_000;

export const linkName = (a: string, b: string): string => [a, b].sort().join("|");

/** `signal`: ends it sooner. */
export async function playDisturbances(pair: ScenarioPair, { nodes, links }: Scenario, { forMs, noise, seed, momentAt, happenings, say }: Disturbances, signal?: AbortSignal): Promise<void> {
  const normal = normalsFrom(seed);
  const startedMs = performance.now();
  const due = [...happenings].sort((a, b) => a.atMs - b.atMs);
  for (let tick = 0; tick * TICK_MS < forMs && !signal?.aborted; tick++) {
    const nowMs = tick * TICK_MS;
    while (due[0] && due[0].atMs <= nowMs) await happen(pair, due.shift() as Happening, say);
    const moment = momentAt(nowMs);
    for (const { name } of nodes) pair.slowNode(name, (moment.nodes.get(name) ?? 1) * Math.exp(noise * normal()));
    for (const { between } of links) await pair.slowLink(between, (moment.links.get(linkName(...between)) ?? 1) * Math.exp(noise * normal()));
    await sleep(Math.max(0, startedMs + (tick + 1) * TICK_MS - performance.now()), undefined, signal ? { signal } : {}).catch(() => undefined);
  }
  for (const { name } of nodes) pair.slowNode(name, 1);
  for (const { between } of links) await pair.slowLink(between, 1);
}

async function happen(pair: ScenarioPair, { node, does, says }: Happening, say: (line: string) => void): Promise<void> {
  say(says);
  for (const side of SIDES) {
    if (does === "dies") await pair.agentOf(side, node).kill("SIGKILL");
    else await pair.agentOf(side, node).restart();
  }
}

/** What each second is like while nothing is disturbed: the noise is part of what is healthy. */
export const undisturbed = (of: Disturbances, forMs: number): Disturbances => ({ ...of, forMs, momentAt: () => ({ nodes: new Map(), links: new Map() }), happenings: [] });

/** A story as what is so at each moment, and what happens once. */
export function asDisturbances(story: readonly StoryStep[]): Pick<Disturbances, "momentAt" | "happenings"> {
  const steps = [...story].sort((a, b) => a.atMs - b.atMs);
  return {
    momentAt(ms) {
      const moment = { nodes: new Map<string, number>(), links: new Map<string, number>() };
      for (const step of steps) {
        if (step.atMs > ms || "does" in step) continue;
        if ("node" in step) moment.nodes.set(step.node, step.slower);
        else moment.links.set(linkName(...step.link), step.slower);
      }
      return moment;
    },
    happenings: steps.flatMap((step): Happening[] => ("does" in step ? [step] : [])),
  };
}
