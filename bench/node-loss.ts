// A node dies under load (kill -9 of its agent and stages): with a warm replica, how soon what was under way there is sent again; without one, how soon the service is
// back within its limit, against what that case takes at least.
//   npm run bench -- node-loss [--times 10] [--rate 4] [--seed 1]
// See bench/METHODOLOGY.md.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { awaitOperation, until } from "../e2e/cluster.ts";
import { calibrationFigure } from "./calibration.ts";
import { descendants, LAB_LINK } from "./inject-faults.ts";
import { RECOGNITION, startLabDeployment } from "./lab-deployment.ts";
import { type RunningLoad, startLoadProcess } from "./load-process.ts";
import { backWithin, type Resent, resentOf, type ToldTrace } from "./node-loss-figures.ts";
import { quantile } from "./quantile.ts";
import { writeReferenceCases } from "./reference-cases.ts";
import { type Figure, reportBench } from "./report.ts";

const NODES = ["cam", "left", "right", "spare"];
const [ENTRY, LEFT, RIGHT] = [0, 1, 2];
const NAME = "kept";
const VARIANTS = 4;
const DEADLINE_MS = 60_000;
/** Long enough that a request due after a death is through, and the traces of those before are told. */
const DEAD_MS = 4_000;
const READY_TIMEOUT_MS = 120_000;
const BACK_TIMEOUT_MS = 90_000;
const RESEND_TARGET_MS = 50;
const BACK_TARGET = 1.25;
/** Of the median before: what counts as served well. */
const SLO_FACTOR = 3;
/** So many deaths without a replica; each takes a minute. */
const MOST_WITHOUT = 3;
const MOST_EVENTS = 500;

const { values } = parseArgs({ options: { times: { type: "string", default: "10" }, rate: { type: "string", default: "4" }, seed: { type: "string", default: "1" } } });
const [times, seed] = [Number(values.times), Number(values.seed)];
const say = (line: string) => void process.stderr.write(`${line}\n`);

type Told = { at: string; name: string; payload: { migrationId?: string; outcome?: string; movedBytes?: number | null; state?: string } };
type Detail = { replicas: { ready: boolean }[] };
type Loss = { killedMs: number; decidedMs: number; bytes: number; loadMs: number };

const lab = await startLabDeployment({ name: NAME, nodes: NODES, links: LAB_LINK, model: { ...RECOGNITION, cuts: [] }, stageNodes: [LEFT], entries: [ENTRY] });
const folder = mkdtempSync(path.join(tmpdir(), "cutplane-node-loss-"));
const loads: RunningLoad[] = [];
try {
  process.exitCode = reportBench("node-loss", await main()) ? 0 : 1;
} finally {
  for (const load of loads) load.kill();
  await lab.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function main(): Promise<Figure[]> {
  const casesFile = path.join(folder, "cases.json");
  await writeReferenceCases(casesFile, { modelPath: lab.modelPath, shape: RECOGNITION.shape, variants: VARIANTS, seed });
  const begin = async () => {
    const load = await startLoadProcess({ urls: await lab.urls(), model: NAME, casesFile, perSecond: Number(values.rate), seed, deadlineMs: DEADLINE_MS });
    loads.push(load);
    return load;
  };
  await moveTo({ placement: whole(LEFT), replicas: [{ placement: whole(RIGHT) }] });
  let load = await begin();
  const resent: Resent[] = [];
  for (let time = 0; time < times; time++) {
    await until("both replicas to be ready", async () => { const { replicas } = await detail(); return replicas.length === 2 && replicas.every((one) => one.ready); }, READY_TIMEOUT_MS);
    await sleep(1_000 + 137 * time);
    const node = NODES[time % 2 === 0 ? LEFT : RIGHT] as string;
    const killedMs = kill(node);
    await sleep(DEAD_MS);
    const found = resentOf(await lab.cluster.api<ToldTrace[]>("GET", `/deployments/${lab.deploymentId}/requests?order=slowest&limit=60`), killedMs, killedMs + DEAD_MS);
    resent.push(...found);
    say(`${node} died: ${found.length} requests were sent again, ${found.map((one) => `${one.afterMs.toFixed(0)} ms`).join(", ")}`);
    await restart(node);
  }
  const warm = await load.end();

  const layers = lab.layerCount;
  await moveTo({ placement: [{ from: 0, to: layers >> 1, topologyNodeId: drawn(LEFT) }, { from: layers >> 1, to: layers, topologyNodeId: drawn(RIGHT) }] });
  await lab.cluster.api("PATCH", `/deployments/${lab.deploymentId}/adaptation`, { mode: "automatic", coolDownSeconds: 0, movesPerHour: 3_600 });
  load = await begin();
  const losses: Loss[] = [];
  for (let time = 0; time < Math.min(MOST_WITHOUT, times); time++) {
    await sleep(5_000);
    const loss = await loseTheLastStage();
    if (loss === null) {
      say("everything has moved to where requests enter: no further death");
      break;
    }
    losses.push(loss);
  }
  const cold = await load.end();
  for (const detail of [...warm.counts.details, ...cold.counts.details]) say(detail);
  const healthyMs = quantile(cold.served.filter((one) => one.dueMs < (losses[0]?.killedMs ?? 0)).map((one) => one.doneMs - one.dueMs), 0.5);
  return [calibrationFigure(), ...warmFigures(resent, warm.counts), ...losses.map((loss, index) => coldFigure(loss, index, backWithin(cold.served, loss.killedMs, SLO_FACTOR * healthyMs))), ...countFigures("without a replica", cold.counts)];
}

/** Of those on other nodes than the entry; null = there is none. */
async function loseTheLastStage(): Promise<Loss | null> {
  const { placement } = await running();
  // Where requests enter there is nothing to move to.
  const id = placement.findLast((stage) => stage.topologyNodeId !== drawn(ENTRY))?.topologyNodeId;
  if (id === undefined) return null;
  const node = NODES[lab.drawnIds.indexOf(id)] ?? "";
  const sinceSeq = (await lab.cluster.api<{ headSeq: number }>("GET", "/events?limit=1")).headSeq;
  const killedMs = kill(node);
  const events = async (kind: string) => (await lab.cluster.api<{ events: Told[] }>("GET", `/events?afterSeq=${sinceSeq}&kind=${kind}&limit=${MOST_EVENTS}`)).events;
  let move: { started: Told; finished: Told } | null = null;
  await until(`the part of ${node} to run elsewhere`, async () => { move = moveIn(await events("migration")); return move !== null; }, BACK_TIMEOUT_MS);
  const { started, finished } = move as unknown as { started: Told; finished: Told };
  await sleep(DEAD_MS);
  const changed = (await events("assignment")).filter((event) => event.at >= started.at && event.at <= finished.at);
  const at = (state: string) => changed.filter((event) => event.payload.state === state).map((event) => Date.parse(event.at));
  const loss = { killedMs, decidedMs: Date.parse(started.at), bytes: finished.payload.movedBytes ?? 0, loadMs: Math.max(0, Math.max(...at("ready")) - Math.min(...at("loading"))) };
  say(`${node} died: a move was decided ${loss.decidedMs - killedMs} ms later, ${loss.bytes} bytes were fetched, loading took ${loss.loadMs} ms`);
  await restart(node);
  return loss;
}

/** The first move that has begun since and is done. */
function moveIn(events: readonly Told[]): { started: Told; finished: Told } | null {
  for (const started of events.filter((event) => event.name === "migration.started")) {
    const finished = events.find((event) => event.name === "migration.finished" && event.payload.migrationId === started.payload.migrationId && event.payload.outcome === "done");
    if (finished) return { started, finished };
  }
  return null;
}

function warmFigures(resent: readonly Resent[], counts: Awaited<ReturnType<Awaited<ReturnType<typeof startLoadProcess>>["end"]>>["counts"]): Figure[] {
  const afterMs = resent.map((one) => one.afterMs);
  return [
    { figure: "deaths with a warm replica", value: times, unit: "deaths", against: `${resent.length} requests were under way there` },
    { figure: "sent again after the death, longest", value: Math.max(...afterMs), unit: "ms", against: `median ${quantile(afterMs, 0.5).toFixed(0)} ms`, ...(resent.length > 0 ? { target: { op: "<=" as const, than: RESEND_TARGET_MS } } : { withoutTargetBecause: "nothing was under way where a node died: more deaths or a higher rate" }) },
    { figure: "of that, after the ingress had noticed", value: Math.max(...resent.map((one) => one.pauseMs)), unit: "ms" },
    ...countFigures("with a warm replica", counts),
  ];
}

function coldFigure({ killedMs, decidedMs, bytes, loadMs }: Loss, index: number, backMs: number): Figure {
  const fetchMs = (bytes / LAB_LINK.bytesPerSecond) * 1000;
  const boundMs = decidedMs - killedMs + fetchMs + loadMs;
  return {
    figure: `without a replica, death ${index + 1}: back within ${SLO_FACTOR} times the healthy median`, value: backMs, unit: "ms",
    against: `noticed and decided ${decidedMs - killedMs} ms, ${bytes} bytes over the link ${fetchMs.toFixed(0)} ms, loading ${loadMs.toFixed(0)} ms`, ratio: backMs / boundMs, target: { op: "<=", than: BACK_TARGET },
  };
}

function countFigures(when: string, counts: { lost: number; failed: number; different: number; duplicated: number; heldBack: number }): Figure[] {
  const none = { op: "==", than: 0 } as const;
  return [
    { figure: `${when}: lost`, value: counts.lost, unit: "requests", target: none },
    { figure: `${when}: failed, explicitly`, value: counts.failed + counts.heldBack, unit: "requests", target: none },
    { figure: `${when}: different or duplicated`, value: counts.different + counts.duplicated, unit: "requests", target: none },
  ];
}

function drawn(index: number): string {
  return lab.drawnIds[index] ?? "";
}
function whole(index: number) {
  return [{ from: 0, to: lab.layerCount, topologyNodeId: drawn(index) }];
}
function detail(): Promise<Detail> {
  return lab.cluster.api<Detail>("GET", `/deployments/${lab.deploymentId}`);
}
async function running(): Promise<{ placement: { topologyNodeId: string }[] }> {
  return (await lab.cluster.api<{ plan: { plan: { placement: { topologyNodeId: string }[] } } }>("GET", `/deployments/${lab.deploymentId}`)).plan.plan;
}

/** As a machine dies: everything of it at once. @returns when, milliseconds of the epoch */
function kill(node: string): number {
  const agent = lab.cluster.agents.find((one) => one.name === node);
  if (!agent) throw new Error(`there is no agent ${node}`);
  const pids = [agent.pid(), ...descendants(agent.pid())];
  const atMs = Date.now();
  for (const pid of pids) process.kill(pid, "SIGKILL");
  return atMs;
}
async function restart(node: string): Promise<void> {
  const agent = lab.cluster.agents.find((one) => one.name === node);
  await agent?.kill("SIGKILL");
  await agent?.restart();
}

type Wanted = { placement: { from: number; to: number; topologyNodeId: string }[]; replicas?: { placement: Wanted["placement"] }[] };
async function moveTo(wanted: Wanted): Promise<void> {
  const planId = await lab.makePlan(wanted.placement, wanted.replicas);
  const { operation } = await lab.cluster.api<{ operation: { id: string } }>("POST", `/deployments/${lab.deploymentId}/plan`, { planId });
  await awaitOperation(lab.cluster, operation, READY_TIMEOUT_MS);
}
