// Owns a soak: requests at Poisson times and one move after the other, while faults strike by plan. Prints and judges nothing.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../e2e/cluster.ts";
import { type FaultKind, planFaults } from "../lab/fault-plan.ts";
import { mountSmallDisk, type SmallDisk } from "../lab/small-disk.ts";
import { commandOf, descendants, LAB_LINK, strike } from "./inject-faults.ts";
import { type LabDeployment, type ServedModel, startLabDeployment } from "./lab-deployment.ts";
import { type LoadCounts, type RunningLoad, startLoadProcess } from "./load-process.ts";
import type { MemorySample } from "./memory-trend.ts";
import { makeSteps } from "./move-plans.ts";
import type { Served } from "./move-windows.ts";
import { writeReferenceCases } from "./reference-cases.ts";

const NODES = ["cam", "gateway", "server"];
const SMALL_DISK_NODE = "server";
/** An agent leaves 64 MiB free whatever its limit is: above that, room for the model some times over. */
const SMALL_DISK_BYTES = 160 * 2 ** 20;
/** Two of three: an entry may die. */
const ENTRIES = [0, 1];
const NAME = "soaked";
const PLANS_TURNS = 2;
const VARIANTS = 4;
const LOOK_AT_MEMORY_MS = 2_000;
const PAUSE_BETWEEN_MOVES_MS = 8_000;
/** Above every limit a step may stand still for: what lasts longer is stuck. */
export const STUCK_MS = 300_000;

export type SoakMove = { outcome: string; tookMs: number };
export type SoakRun = { counts: LoadCounts; served: Served[]; faults: string[]; moves: SoakMove[]; stuck: number; liveAtEnd: boolean; memory: Record<string, MemorySample[]>; left: string[] };
export type SoakOptions = { model: ServedModel; seed: number; minutes: number; everySeconds: number; perSecond: number; deadlineMs: number; kinds: readonly FaultKind[]; say(line: string): void };

export async function runSoak(options: SoakOptions): Promise<SoakRun> {
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-soak-"));
  const mounted = options.kinds.includes("fill-disk") ? mountSmallDisk(path.join(folder, "disk"), SMALL_DISK_BYTES) : { disk: null, reason: "not asked for" };
  const disks = new Map<string, SmallDisk>(mounted.disk ? [[SMALL_DISK_NODE, mounted.disk]] : []);
  let lab: LabDeployment | null = null;
  let load: RunningLoad | null = null;
  try {
    const diskArguments = (name: string) => (disks.has(name) ? ["--data", path.join(disks.get(name)?.folder ?? "", "agent")] : []);
    lab = await startLabDeployment({ name: NAME, nodes: NODES, links: LAB_LINK, model: options.model, entries: ENTRIES, cluster: { agentArguments: diskArguments } });
    const started = lab;
    const plans: string[] = [];
    for (const { placement } of makeSteps({ seed: options.seed, layerCount: lab.layerCount, nodeIds: lab.drawnIds, start: lab.start, turns: PLANS_TURNS })) plans.push(await lab.makePlan(placement));
    const casesFile = path.join(folder, "cases.json");
    await writeReferenceCases(casesFile, { modelPath: lab.modelPath, shape: options.model.shape, variants: VARIANTS, seed: options.seed });
    load = await startLoadProcess({ urls: await lab.urls(), model: NAME, casesFile, perSecond: options.perSecond, seed: options.seed, deadlineMs: options.deadlineMs });
    const durationMs = options.minutes * 60_000;
    const planned = planFaults({ seed: options.seed, durationMs, everyMs: options.everySeconds * 1000, nodes: NODES, kinds: options.kinds, smallDisks: [...disks.keys()] });
    const stop = new AbortController();
    const moving = keepMoving(lab, plans, stop.signal, options.say);
    const memory = watchMemory(lab, stop.signal);
    const dataFolderOf = (node: string) => (disks.has(node) ? path.join(disks.get(node)?.folder ?? "", "agent") : path.join(started.cluster.folder, node));
    const faults: string[] = [];
    const startedMs = performance.now();
    for (const fault of planned) {
      await sleep(Math.max(0, startedMs + fault.atMs - performance.now()));
      const said = await strike(fault, { lab, dataFolderOf, disks });
      faults.push(fault.kind);
      options.say(`${Math.round((performance.now() - startedMs) / 1000)} s: ${said}`);
    }
    await sleep(Math.max(0, startedMs + durationMs - performance.now()));
    stop.abort();
    const { moves, stuck } = await moving;
    const liveAtEnd = await isLive(lab);
    const left = mounted.disk || !options.kinds.includes("fill-disk") ? [] : [`fill-disk: ${mounted.reason}`];
    return { ...(await load.end()), faults, moves, stuck, liveAtEnd, memory: await memory, left };
  } finally {
    load?.kill();
    await lab?.stop();
    for (const disk of disks.values()) disk.remove();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Migration = { id: string; state: string; finishedAt: string | null };
type Deployment = { status: string; currentRevision: { number: number } | null; migration: Migration | null };
const read = (lab: LabDeployment) => lab.cluster.api<Deployment>("GET", `/deployments/${lab.deploymentId}`);

/** One move after the other until it is stopped; what a fault keeps from beginning is tried again. Each must end, well or not, within STUCK_MS. */
async function keepMoving(lab: LabDeployment, plans: readonly string[], signal: AbortSignal, say: (line: string) => void): Promise<{ moves: SoakMove[]; stuck: number }> {
  const moves: SoakMove[] = [];
  let stuck = 0;
  for (let turn = 0; !signal.aborted; turn++) {
    await sleep(PAUSE_BETWEEN_MOVES_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) break;
    const startedMs = performance.now();
    try {
      const { currentRevision } = await read(lab);
      const { operation } = await lab.cluster.api<{ operation: { id: string } }>("POST", `/deployments/${lab.deploymentId}/plan`, { planId: plans[turn % plans.length], expectedRevision: currentRevision?.number ?? 0, reason: "soak" });
      let status = "running";
      await until("the move to end", async () => {
        ({ status } = await lab.cluster.api<{ status: string }>("GET", `/operations/${operation.id}?waitSeconds=5`));
        return status !== "running";
      }, STUCK_MS).catch(() => { stuck++; });
      const tookMs = performance.now() - startedMs;
      moves.push({ outcome: status, tookMs });
      say(`a move ${status} after ${(tookMs / 1000).toFixed(1)} s`);
    } catch {
      // The console or its database is away, or something else moves it: the next turn.
    }
  }
  return { moves, stuck };
}

async function isLive(lab: LabDeployment): Promise<boolean> {
  return until("the deployment to be live", async () => (await read(lab)).status === "live").then(() => true, () => false);
}

/** Resident bytes by part, all processes of it together; stages come and go by plan, so each counts by itself. */
async function watchMemory(lab: LabDeployment, signal: AbortSignal): Promise<Record<string, MemorySample[]>> {
  const samples: Record<string, MemorySample[]> = { console: [], agents: [], ingresses: [], "largest stage": [] };
  while (!signal.aborted) {
    const family = lab.cluster.agents.flatMap((agent) => [agent.pid(), ...descendants(agent.pid())]);
    const of = (part: string) => family.filter((pid) => commandOf(pid).includes(`${part}.mjs`)).map(residentBytes).filter((bytes) => bytes > 0);
    const sum = (list: number[]) => list.reduce((total, bytes) => total + bytes, 0);
    const now: Record<string, number[]> = { console: [residentBytes(lab.cluster.consolePid())], agents: of("main"), ingresses: of("ingress"), "largest stage": [Math.max(0, ...of("stage"))] };
    const whole: Record<string, number> = { console: 1, agents: NODES.length, ingresses: ENTRIES.length, "largest stage": 1 };
    // While a process of it is gone a sum says nothing.
    for (const [part, list] of Object.entries(now)) if (list.length === whole[part] && sum(list) > 0) samples[part]?.push({ atMs: performance.now(), bytes: sum(list) });
    await sleep(LOOK_AT_MEMORY_MS, undefined, { signal }).catch(() => undefined);
  }
  return samples;
}

function residentBytes(pid: number): number {
  try {
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
