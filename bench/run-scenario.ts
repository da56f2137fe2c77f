// Owns one run of a scenario's pair: the same open-loop arrivals at both fleets, the same disturbances, and what came of it on each side. Judges nothing.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { until } from "../e2e/cluster.ts";
import type { Scenario } from "../lab/scenarios/scenario.ts";
import type { Placement } from "../server/planner/plan.ts";
import type { Problem } from "../server/planner/problem.ts";
import { RECOGNITION } from "./lab-deployment.ts";
import { type LoadCounts, type RunningLoad, startLoadProcess } from "./load-process.ts";
import type { Served } from "./move-windows.ts";
import { type Disturbances, playDisturbances, undisturbed } from "./play-disturbances.ts";
import { recordServed, type Thought, watchAdaptation } from "./watch-adaptation.ts";
import { writeReferenceCases } from "./reference-cases.ts";
import { type Side, SIDES, startScenarioPair } from "./scenario-pair.ts";

const VARIANTS = 4;
/** What is healthy must be known before anything happens: samples of each signal that requests give. What is not used is looked at seldom. */
const LEARNT_SAMPLES = 30;
const LEARN_TIMEOUT_MS = 120_000;
/** Longer than any deadline, so that what is slow is counted as it is. */
const GIVE_UP_MS = 20_000;
const MOST_EVENTS = 500;

/** A move that adaptation made. Milliseconds since the disturbances began; `predictedSeconds`: what its decision said it takes; `tookSeconds`: until cutover. */
export type LiveMove = { atMs: number; kind: string; predictedSeconds: number; tookSeconds: number | null; predictedBytes: number; placement: Placement; reason: string };
export type ScenarioRun = {
  problem: Problem;
  home: Placement;
  /** Milliseconds; `dueMs` since the disturbances began. */
  served: Record<Side, (Served & { latencyMs: number })[]>;
  counts: Record<Side, LoadCounts>;
  moves: LiveMove[];
};

type Chosen = { kind: string; placement: Placement; seconds: number; bytes: number };
type Told = Thought & { signals: { name: string; samples: number }[]; decisions: { at: string; outcome: string; reason: string; alternatives: Chosen[]; chosen: number | null; migrationId: string | null }[] };
type Step = { at: string; name: string; payload: { migrationId?: string; to?: string } };

/** `disturb`: what is to happen, once the planning problem is known. */
export async function runScenario(scenario: Scenario, options: { perSecond?: number; seed: number; /** Where to record what adaptation saw, second by second. */ watchFile?: string | undefined; disturb(problem: Problem, home: Placement): Disturbances; say(line: string): void }): Promise<ScenarioRun> {
  const pair = await startScenarioPair(scenario, RECOGNITION, options.say);
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-scenario-"));
  const loads = new Map<Side, RunningLoad>();
  try {
    const casesFile = path.join(folder, "cases.json");
    await writeReferenceCases(casesFile, { modelPath: pair.modelPath, shape: RECOGNITION.shape, variants: VARIANTS, seed: options.seed });
    for (const side of SIDES) loads.set(side, await startLoadProcess({ urls: await pair.urls(side), model: `${scenario.name}-${side}`, casesFile, perSecond: options.perSecond ?? scenario.requestsPerSecond, seed: options.seed, deadlineMs: GIVE_UP_MS }));
    const disturbances = options.disturb(pair.problem, pair.home);
    const learnt = new AbortController();
    const learning = playDisturbances(pair, scenario, undisturbed(disturbances, LEARN_TIMEOUT_MS), learnt.signal);
    const told = (side: Side) => pair.cluster.api<Told>("GET", `/deployments/${pair.deploymentIds[side]}/adaptation?limit=100`);
    for (const side of SIDES) await until(`what is healthy to be known of ${side}`, async () => {
      const { signals } = await told(side);
      return signalsOnTheWay(scenario, pair.home).every((name) => (signals.find((signal) => signal.name === name)?.samples ?? 0) >= LEARNT_SAMPLES);
    }, LEARN_TIMEOUT_MS).finally(() => learnt.abort());
    await learning;
    options.say(`${scenario.name}: ${pair.home.map((stage) => `${stage.from}-${stage.to} on ${scenario.nodes[Number(stage.topologyNodeId.slice(3))]?.name}`).join(", ")}`);
    await pair.startAdapting();
    for (const load of loads.values()) load.arrivals(options.seed);
    const beganMs = Date.now();
    const watch = options.watchFile ? watchAdaptation(options.watchFile, beganMs, () => told("adapted")) : null;
    await playDisturbances(pair, scenario, disturbances);
    const lastMs = Date.now();
    await watch?.stop();
    const ends = { alone: await loads.get("alone")?.end(), adapted: await loads.get("adapted")?.end() };
    const of = (side: Side) => (ends[side]?.served ?? []).map((one) => ({ ...one, latencyMs: one.doneMs - one.dueMs, dueMs: one.dueMs - beganMs })).filter((one) => one.dueMs >= 0 && one.dueMs < lastMs - beganMs);
    const served = { alone: of("alone"), adapted: of("adapted") };
    if (options.watchFile) recordServed(options.watchFile, served);
    const counts = (side: Side) => ends[side]?.counts as LoadCounts;
    return { problem: pair.problem, home: pair.home, served, counts: { alone: counts("alone"), adapted: counts("adapted") }, moves: movesOf(await told("adapted"), (await pair.cluster.api<{ events: Step[] }>("GET", `/events?kind=migration&limit=${MOST_EVENTS}`)).events, beganMs) };
  } finally {
    for (const load of loads.values()) load.kill();
    await pair.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Names of the nodes that run a part of it and of the links that its requests cross. */
function signalsOnTheWay({ nodes, source }: Scenario, home: Placement): string[] {
  const names = home.map((stage) => nodes[Number(stage.topologyNodeId.slice("tn_".length))]?.name ?? "");
  const hops = [source, ...names].map((from, index) => [from, names[index] ?? source] as const).filter(([from, to]) => from !== to);
  return [...new Set([...names, ...hops.map(([from, to]) => `${from} → ${to}`)])];
}

function movesOf({ decisions }: Told, steps: Step[], beganMs: number): LiveMove[] {
  return decisions.filter((one) => one.migrationId !== null).reverse().flatMap((one): LiveMove[] => {
    const chosen = one.alternatives[one.chosen ?? -1];
    if (!chosen) return [];
    const cutover = steps.find(({ name, payload }) => name === "migration.step" && payload.migrationId === one.migrationId && payload.to === "drain");
    const atMs = Date.parse(one.at);
    return [{ atMs: atMs - beganMs, kind: chosen.kind, predictedSeconds: chosen.seconds, predictedBytes: chosen.bytes, tookSeconds: cutover ? (Date.parse(cutover.at) - atMs) / 1000 : null, placement: chosen.placement, reason: one.reason }];
  });
}
