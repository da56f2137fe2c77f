// Owns a run of moves under load: what was served meanwhile, how long each took, what was said of it beforehand and what it came to. Prints and judges nothing.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { awaitOperation } from "../e2e/cluster.ts";
import { type CachedBytes, cachedBytes } from "./cached-bytes.ts";
import { type LabDeployment, type ServedModel, startLabDeployment } from "./lab-deployment.ts";
import { type LoadCounts, type RunningLoad, startLoadProcess } from "./load-process.ts";
import { makeSteps } from "./move-plans.ts";
import type { Served, Stretch } from "./move-windows.ts";
import { quantile } from "./quantile.ts";
import { writeReferenceCases } from "./reference-cases.ts";

const NODES = ["cam", "gateway", "server"];
/** Fast enough that a few megabytes are no wait, slow enough to count. */
const LINKS = { delayMs: 1, jitterMs: 0.1, bytesPerSecond: 40e6 };
const NAME = "moving";
const VARIANTS = 4;
/** What the last move still does (unloading, reports) is over then. */
const SETTLE_MS = 1_500;
const LOOK_EVERY_MS = 500;
const WARM_REQUESTS_MS = 3_000;
const MOVE_TIMEOUT_MS = 180_000;

export type Moved = { kind: "migration" | "re-split"; tookMs: number; /** As the diff before it said. */ predictedBytes: number; /** By what lies on the nodes' disks before and after. */ fetched: CachedBytes; /** As the move's record says, with who gave it (null = the console). */ told: { fromNodeId: string | null; toNodeId: string; bytes: number }[] | null };
export type MovesRun = { counts: LoadCounts; served: Served[]; stretches: Stretch[]; moves: Moved[]; /** Requests whose way over the nodes was looked at, and those that met a node of another revision. */ traced: number; mixed: string[]; /** Median of the slowest stage, milliseconds. */ stageMs: number };
export type MovesOptions = { model: ServedModel; turns: number; perSecond: number; seed: number; /** Of each request. */ deadlineMs: number; /** Stretches of the same arrivals without a move, as long as each move. */ steady: boolean; say(line: string): void };

export async function runMoves(options: MovesOptions): Promise<MovesRun> {
  const lab = await startLabDeployment({ name: NAME, nodes: NODES, links: LINKS, model: options.model });
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-moves-"));
  let load: RunningLoad | null = null;
  try {
    const casesFile = path.join(folder, "cases.json");
    await writeReferenceCases(casesFile, { modelPath: lab.modelPath, shape: options.model.shape, variants: VARIANTS, seed: options.seed });
    load = await startLoadProcess({ urls: await lab.urls(), model: NAME, casesFile, perSecond: options.perSecond, seed: options.seed, deadlineMs: options.deadlineMs });
    await sleep(WARM_REQUESTS_MS);
    return await moveThrough(lab, load, options);
  } finally {
    load?.kill();
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

type Deployment = { currentRevision: { number: number; epoch: number } | null; migration: { moved: Moved["told"] } | null };

async function moveThrough(lab: LabDeployment, load: RunningLoad, options: MovesOptions): Promise<MovesRun> {
  const { api } = lab.cluster;
  const look = watchWays(lab);
  const stretches: Stretch[] = [];
  const moves: Moved[] = [];
  const deployment = () => api<Deployment>("GET", `/deployments/${lab.deploymentId}`);
  const current = async () => (await deployment()).currentRevision;
  look.expect((await current())?.epoch ?? 0, lab.start);
  const steps = makeSteps({ seed: options.seed, layerCount: lab.layerCount, nodeIds: lab.drawnIds, start: lab.start, turns: options.turns });
  for (const [index, step] of steps.entries()) {
    const planId = await lab.makePlan(step.placement);
    const { shipBytes } = await api<{ shipBytes: number }>("GET", `/plans/${planId}/diff?against=${lab.deploymentId}`);
    await sleep(SETTLE_MS);
    const revision = await current();
    look.expect((revision?.epoch ?? 0) + 1, step.placement);
    const before = fetchedOf(lab);
    load.arrivals(options.seed + index);
    const fromMs = epochNowMs();
    const { operation } = await api<{ operation: { id: string } }>("POST", `/deployments/${lab.deploymentId}/plan`, { planId, expectedRevision: revision?.number ?? 0, reason: "bench" });
    await awaitOperation(lab.cluster, operation, MOVE_TIMEOUT_MS);
    const toMs = epochNowMs();
    stretches.push({ kind: step.kind, fromMs, toMs });
    const after = fetchedOf(lab);
    moves.push({ kind: step.kind, tookMs: toMs - fromMs, predictedBytes: shipBytes, fetched: { weights: after.weights - before.weights, whole: after.whole - before.whole }, told: (await deployment()).migration?.moved ?? null });
    const last = moves.at(-1);
    options.say(`${index + 1}/${steps.length} ${step.kind}: ${((toMs - fromMs) / 1000).toFixed(1)} s, ${shipBytes} bytes predicted, ${last?.fetched.weights} + ${last?.fetched.whole} (skeletons and checks) on disks, ${last?.told?.reduce((sum, one) => sum + one.bytes, 0)} told, ${last?.told?.filter((one) => one.fromNodeId !== null).reduce((sum, one) => sum + one.bytes, 0)} of it from nodes`);
    if (!options.steady) continue;
    await sleep(SETTLE_MS);
    // The same arrivals, as long, with nothing going on.
    load.arrivals(options.seed + index);
    const steadyMs = epochNowMs();
    await sleep(toMs - fromMs);
    stretches.push({ kind: "steady", fromMs: steadyMs, toMs: epochNowMs() });
  }
  const ways = await look.stop();
  return { ...(await load.end()), stretches, moves, ...ways };
}

function fetchedOf(lab: LabDeployment): CachedBytes {
  const all = lab.cluster.agents.map((agent) => cachedBytes(path.join(lab.cluster.folder, agent.name)));
  return { weights: all.reduce((sum, one) => sum + one.weights, 0), whole: all.reduce((sum, one) => sum + one.whole, 0) };
}

type Trace = { requestId: string; ok: boolean; epoch?: number; stages: { stageIndex: number; nodeId: string; computeMs: number }[] };

/** Looks at requests' own ways all the while: each must have met the nodes of its epoch's revision, in order. */
function watchWays(lab: LabDeployment) {
  const wanted = new Map<number, string>();
  const seen = new Map<string, { epoch: number; way: string }>();
  const stageMs = new Map<number, number[]>();
  const nodeOf = new Map(lab.drawnIds.map((drawn, index) => [drawn, lab.cluster.agents[index]?.nodeId ?? ""]));
  let over = false;
  const look = async () => {
    while (!over) {
      const traces = await lab.cluster.api<Trace[]>("GET", `/deployments/${lab.deploymentId}/requests?limit=60`).catch(() => []);
      for (const trace of traces) {
        if (!trace.ok || seen.has(trace.requestId)) continue;
        seen.set(trace.requestId, { epoch: trace.epoch ?? -1, way: trace.stages.map((stage) => stage.nodeId).join(" → ") });
        for (const stage of trace.stages) stageMs.set(stage.stageIndex, [...(stageMs.get(stage.stageIndex) ?? []), stage.computeMs]);
      }
      await sleep(LOOK_EVERY_MS);
    }
  };
  const looking = look();
  return {
    expect: (epoch: number, placement: { topologyNodeId: string }[]) => void wanted.set(epoch, placement.map((stage) => nodeOf.get(stage.topologyNodeId)).join(" → ")),
    async stop() {
      over = true;
      await looking;
      const mixed = [...seen].flatMap(([id, { epoch, way }]) => (wanted.get(epoch) === way ? [] : [`${id} of epoch ${epoch} went ${way}, not ${wanted.get(epoch)}`]));
      return { traced: seen.size, mixed, stageMs: Math.max(0, ...[...stageMs.values()].map((list) => quantile(list, 0.5))) };
    },
  };
}

function epochNowMs(): number {
  return performance.timeOrigin + performance.now();
}
