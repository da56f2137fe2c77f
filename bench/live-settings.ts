// Owns the sample of settings in which adaptation is held against leaving things alone on real agents, and how a simulated disturbance is done to their fleets.
import { HOME_LAB } from "../lab/scenarios/home-lab.ts";
import { HOMOGENEOUS } from "../lab/scenarios/homogeneous.ts";
import { INDUSTRIAL_LINE } from "../lab/scenarios/industrial-line.ts";
import { MESH } from "../lab/scenarios/mesh.ts";
import { SMART_CITY } from "../lab/scenarios/smart-city.ts";
import type { Scenario } from "../lab/scenarios/scenario.ts";
import { V2X } from "../lab/scenarios/v2x.ts";
import { type Disturbance, makeTrace, slowdownsAt, type Trace } from "../lab/simulator/disturbances.ts";
import type { Problem } from "../server/planner/problem.ts";
import { pairKey } from "../server/policy/adapt/todays-problem.ts";
import { linkName, type Moment } from "./play-disturbances.ts";

export type LiveSetting = { scenario: Scenario; dwellMs: number; noise: number; seed: number };
/** Every fleet once; each dwell time and each noise twice. */
export const LIVE_SETTINGS: readonly LiveSetting[] = [
  { scenario: HOME_LAB, dwellMs: 60_000, noise: 0.1, seed: 1 },
  { scenario: SMART_CITY, dwellMs: 60_000, noise: 0.05, seed: 2 },
  { scenario: V2X, dwellMs: 15_000, noise: 0.1, seed: 3 },
  { scenario: INDUSTRIAL_LINE, dwellMs: 300_000, noise: 0.05, seed: 4 },
  { scenario: HOMOGENEOUS, dwellMs: 300_000, noise: 0.2, seed: 5 },
  { scenario: MESH, dwellMs: 15_000, noise: 0.2, seed: 6 },
];

/** Of the simulator's traces a short one: a pause of half a minute on average between two disturbances, the first after twenty seconds at least. */
const GAP_MS = 30_000;
const FIRST_MS = 20_000;
/** A quota gives no less. */
const LEAST_CORES = 0.1;

/** In drawn nodes' ids, no node slower than its quota can make it. */
export function liveTrace({ scenario, dwellMs, seed }: LiveSetting, problem: Problem, endMs: number): Trace {
  const trace = makeTrace(problem, dwellMs, seed, { endMs, gapMs: GAP_MS, firstMs: FIRST_MS });
  const held = ([id, times]: readonly [string, number]) => [id, Math.min(times, (scenario.nodes[indexOf(id)]?.cores ?? 1) / LEAST_CORES)] as const;
  return { ...trace, disturbances: trace.disturbances.map((one): Disturbance => ({ ...one, slowdowns: { ...one.slowdowns, nodes: new Map([...one.slowdowns.nodes].map(held)) } })) };
}

/** In the scenario's names. */
export function momentOf(trace: Trace, { scenario }: LiveSetting, atMs: number): Moment {
  const { nodes, links } = slowdownsAt(trace, atMs);
  const nameOf = (id: string) => scenario.nodes[indexOf(id)]?.name ?? "";
  return {
    nodes: new Map([...nodes].map(([id, times]) => [nameOf(id), times])),
    links: new Map(scenario.links.flatMap(({ between: [a, b] }) => {
      const ids = [a, b].map((name) => `tn_${scenario.nodes.findIndex((node) => node.name === name)}`) as [string, string];
      const times = links.get(pairKey(...ids));
      return times === undefined ? [] : [[linkName(a, b), times] as const];
    })),
  };
}

const indexOf = (drawnId: string): number => Number(drawnId.slice("tn_".length));
