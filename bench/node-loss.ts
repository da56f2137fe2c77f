// A node dies under load (kill -9 of its agent and stages): with a warm replica, how soon what was under way there is sent again; without one, how soon the service is
// back within its limit, against what that case takes at least. What does not happen in time is a figure that misses its target; the run goes on.
//   npm run bench -- node-loss [--times 10] [--losses 3] [--rate 1] [--seed 1] [--events]
// See bench/METHODOLOGY.md.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { awaitOperation, until } from "../e2e/cluster.ts";
import { GONE_AFTER_MS } from "../server/policy/presence.ts";
import { calibrationFigure } from "./calibration.ts";
import { descendants, LAB_LINK } from "./inject-faults.ts";
import { type PlanRules, RECOGNITION, startLabDeployment } from "./lab-deployment.ts";
import { type RunningLoad, startLoadProcess } from "./load-process.ts";
import { backWithin, type Death, type Loss, lossFigures, resentFigures, resentOf, type ToldTrace } from "./node-loss-figures.ts";
import { quantile } from "./quantile.ts";
import { writeReferenceCases } from "./reference-cases.ts";
import { type Figure, reportBench } from "./report.ts";

const NODES = ["cam", "left", "right", "spare"];
const [ENTRY, LEFT, RIGHT] = [0, 1, 2];
const NAME = "kept";
const VARIANTS = 4;
const DEADLINE_MS = 60_000;
/** One on each of the two idle replicas when one of them dies … */
const UNDER_WAY = 2;
/** … so long before it: at another point of their way each time, which takes some 80 ms. */
const EARLIEST_MS = 10;
const SPREAD_MS = 60;
/** Long enough that what was under way at a death is through, and the traces of it are told. */
const DEAD_MS = 4_000;
const READY_TIMEOUT_MS = 120_000;
const BACK_TIMEOUT_MS = 90_000;
/** Of the median before: what counts as served well. */
const SLO_FACTOR = 3;
const MOST_EVENTS = 500;
const POLL_GONE_MS = 2;
const GONE_TIMEOUT_MS = 2_000;

const { values } = parseArgs({ options: { times: { type: "string", default: "10" }, losses: { type: "string", default: "3" }, rate: { type: "string", default: "1" }, seed: { type: "string", default: "1" }, events: { type: "boolean", default: false } } });
const [times, losses, seed] = [Number(values.times), Number(values.losses), Number(values.seed)];
const say = (line: string) => void process.stderr.write(`${line}\n`);

type Told = { at: string; name: string; message: string; subjectId: string; payload: { migrationId?: string; outcome?: string; movedBytes?: number | null; state?: string } };
type Detail = { replicas: { ready: boolean }[]; migration: { finishedAt: string | null } | null; plan: { plan: { placement: { topologyNodeId: string }[] } } };
type Counts = Awaited<ReturnType<RunningLoad["end"]>>["counts"];

const lab = await startLabDeployment({ name: NAME, nodes: NODES, links: LAB_LINK, model: { ...RECOGNITION, cuts: [] }, stageNodes: [LEFT], entries: [ENTRY] });
const folder = mkdtempSync(path.join(tmpdir(), "cutplane-node-loss-"));
const loads: RunningLoad[] = [];
try {
  process.exitCode = reportBench("node-loss", [calibrationFigure(), ...(await withReplica()), ...(await withoutReplica()), calibrationFigure()]) ? 0 : 1;
} finally {
  for (const load of loads) load.kill();
  await lab.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function beginLoad(): Promise<RunningLoad> {
  const casesFile = path.join(folder, "cases.json");
  await writeReferenceCases(casesFile, { modelPath: lab.modelPath, shape: RECOGNITION.shape, variants: VARIANTS, seed });
  const load = await startLoadProcess({ urls: await lab.urls(), model: NAME, casesFile, perSecond: Number(values.rate), seed, deadlineMs: DEADLINE_MS });
  loads.push(load);
  return load;
}

async function withReplica(): Promise<Figure[]> {
  if (times === 0) return [];
  await moveTo({ placement: whole(LEFT), replicas: [{ placement: whole(RIGHT) }] });
  const load = await beginLoad();
  const deaths: Death[] = [];
  for (let time = 0; time < times; time++) {
    const isReady = await happens("both replicas to be ready", READY_TIMEOUT_MS, async () => { const { replicas } = await detail(); return replicas.length === 2 && replicas.every((one) => one.ready); });
    if (!isReady) break;
    await sleep(1_000 + 137 * time);
    const node = NODES[time % 2 === 0 ? LEFT : RIGHT] as string;
    const pids = family(node);
    load.sendNow(UNDER_WAY);
    await sleep(EARLIEST_MS + (SPREAD_MS * time) / times);
    const killedMs = kill(pids);
    const goneMs = (await allGone(pids)) - killedMs;
    await sleep(DEAD_MS);
    const resent = resentOf(await lab.cluster.api<ToldTrace[]>("GET", `/deployments/${lab.deploymentId}/requests?order=slowest&limit=60`), killedMs, killedMs + DEAD_MS);
    deaths.push({ goneMs, resent });
    say(`${node} died, its processes were gone after ${goneMs.toFixed(0)} ms: ${resent.length} requests were sent again, ${resent.map((one) => `${one.afterMs.toFixed(0)} ms (${one.pauseMs.toFixed(1)} ms after it was noticed)`).join(", ")}`);
    await restart(node);
  }
  const { counts } = await load.end();
  return [...resentFigures(deaths, times), ...countFigures("with a warm replica", counts)];
}

async function withoutReplica(): Promise<Figure[]> {
  if (losses === 0) return [];
  const half = lab.layerCount >> 1;
  // Where requests enter nothing may run: all would move there, and nothing be left that can die.
  const rules: PlanRules = { avoidNodeIds: [drawn(ENTRY)], minStages: 2 };
  await moveTo({ placement: [{ from: 0, to: half, topologyNodeId: drawn(LEFT) }, { from: half, to: lab.layerCount, topologyNodeId: drawn(RIGHT) }], rules });
  const load = await beginLoad();
  await sleep(5_000);
  await lab.cluster.api("PATCH", `/deployments/${lab.deploymentId}/adaptation`, { mode: "automatic", coolDownSeconds: 0, movesPerHour: 3_600 });
  const found: Loss[] = [];
  for (let time = 0; time < losses; time++) {
    await sleep(10_000);
    found.push(await loseTheLastStage());
  }
  await sleep(DEAD_MS);
  const { counts, served } = await load.end();
  const healthyMs = quantile(served.filter((one) => one.dueMs < (found[0]?.killedMs ?? 0)).map((one) => one.doneMs - one.dueMs), 0.5);
  return [...found.flatMap((loss, index) => lossFigures(loss, { number: index + 1, backMs: backWithin(served, loss.killedMs, SLO_FACTOR * healthyMs), limitMs: GONE_AFTER_MS, bytesPerSecond: LAB_LINK.bytesPerSecond, sloFactor: SLO_FACTOR })), ...countFigures("without a replica", counts)];
}

async function loseTheLastStage(): Promise<Loss> {
  // A part that is on its way somewhere dies with neither place.
  await happens("no move to be under way", READY_TIMEOUT_MS, async () => (await detail()).migration?.finishedAt !== null);
  const { placement } = (await detail()).plan.plan;
  const node = NODES[lab.drawnIds.indexOf(placement.at(-1)?.topologyNodeId ?? "")] ?? "";
  const pids = family(node);
  const { headSeq: sinceSeq } = await lab.cluster.api<{ headSeq: number }>("GET", "/events?limit=1");
  const killedMs = kill(pids);
  const events = async () => (await lab.cluster.api<{ events: Told[] }>("GET", `/events?afterSeq=${sinceSeq}&limit=${MOST_EVENTS}`)).events;
  const isDone = await happens(`the part of ${node} to run elsewhere`, BACK_TIMEOUT_MS, async () => moveIn(await events()) !== null);
  await sleep(DEAD_MS);
  const told = await events();
  const move = moveIn(told);
  const lost = told.find((event) => event.name === "node.lost");
  const sinceKill = (event: Told | undefined) => (event ? Date.parse(event.at) - killedMs : null);
  const changed = told.filter((event) => event.name === "assignment.changed" && move !== null && event.at >= move.started.at && event.at <= move.finished.at);
  const at = (state: string) => changed.filter((event) => event.payload.state === state).map((event) => Date.parse(event.at));
  const loss: Loss = { killedMs, lostMs: sinceKill(lost), decidedMs: sinceKill(move?.started), bytes: move?.finished.payload.movedBytes ?? 0, loadMs: move ? Math.max(0, Math.max(...at("ready")) - Math.min(...at("loading"))) : 0 };
  say(`${node} died: known to be lost after ${loss.lostMs} ms, a move was decided after ${loss.decidedMs} ms, ${loss.bytes} bytes were fetched, loading took ${loss.loadMs} ms`);
  for (const event of told) if (!isDone || values.events) say(`  ${event.at} ${event.name} ${event.message}`);
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

function countFigures(when: string, counts: Counts): Figure[] {
  for (const line of counts.details) say(line);
  const none = { op: "==", than: 0 } as const;
  return [
    { figure: `${when}: lost`, value: counts.lost, unit: "requests", against: `of ${counts.sent}`, target: none },
    { figure: `${when}: failed, explicitly`, value: counts.failed + counts.heldBack, unit: "requests", target: none },
    { figure: `${when}: different or duplicated`, value: counts.different + counts.duplicated, unit: "requests", target: none },
  ];
}

/** False = it did not happen within that time, which is said. */
async function happens(what: string, timeoutMs: number, ready: () => Promise<boolean>): Promise<boolean> {
  try {
    await until(what, ready, timeoutMs);
    return true;
  } catch (error) {
    say((error as Error).message);
    return false;
  }
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

/** The agent of a node and all processes of it. */
function family(node: string): number[] {
  const agent = lab.cluster.agents.find((one) => one.name === node);
  if (!agent) throw new Error(`there is no agent ${node}`);
  return [agent.pid(), ...descendants(agent.pid())];
}
/** As a machine dies: everything of it at once. @returns when, milliseconds of the epoch */
function kill(pids: readonly number[]): number {
  const atMs = performance.timeOrigin + performance.now();
  for (const pid of pids) process.kill(pid, "SIGKILL");
  return atMs;
}
/** When the system has taken all of them down, and with that has closed their connections, milliseconds of the epoch. It first gives their memory back. */
async function allGone(pids: readonly number[]): Promise<number> {
  const now = () => performance.timeOrigin + performance.now();
  for (const untilMs = now() + GONE_TIMEOUT_MS; now() < untilMs && !pids.every(isGone); ) await sleep(POLL_GONE_MS);
  return now();
}
function isGone(pid: number): boolean {
  try {
    // Its first thread ends before the others do.
    return /\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "utf8")) && readdirSync(`/proc/${pid}/task`).length <= 1;
  } catch {
    return true;
  }
}
async function restart(node: string): Promise<void> {
  const agent = lab.cluster.agents.find((one) => one.name === node);
  await agent?.kill("SIGKILL");
  await agent?.restart();
}

type Wanted = { placement: { from: number; to: number; topologyNodeId: string }[]; replicas?: { placement: Wanted["placement"] }[]; rules?: PlanRules };
async function moveTo({ placement, replicas, rules }: Wanted): Promise<void> {
  const planId = await lab.makePlan(placement, replicas, rules);
  const { operation } = await lab.cluster.api<{ operation: { id: string } }>("POST", `/deployments/${lab.deploymentId}/plan`, { planId });
  await awaitOperation(lab.cluster, operation, READY_TIMEOUT_MS);
}
