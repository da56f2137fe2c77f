// How soon a link or node that has become slow shows in the API, and is called a drift: real agents under load, several times each.
//   npm run bench -- detect [--times 5] [--rate 6] [--seed 1]
// See bench/METHODOLOGY.md.
import { parseArgs } from "node:util";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { until } from "../e2e/cluster.ts";
import { removeThrottle, throttle } from "../lab/throttle.ts";
import { calibrationFigure } from "./calibration.ts";
import { descendants, LAB_LINK } from "./inject-faults.ts";
import { type LabDeployment, ORIENTATION, startLabDeployment } from "./lab-deployment.ts";
import { startLoadProcess } from "./load-process.ts";
import { quantile } from "./quantile.ts";
import { type Figure, reportBench } from "./report.ts";
import { writeReferenceCases } from "./reference-cases.ts";

const NODES = ["cam", "gateway", "server"];
const [FROM, TO] = ["cam", "gateway"];
const NAME = "watched";
const LOOK_EVERY_MS = 50;
const LONGEST_MS = 60_000;
/** Before the first disturbance: what a healthy ratio is must be known. */
const LEARNT_SAMPLES = 20;
const SHOWS_FACTOR = 1.5;
const QUOTA_CORES = 0.1;
const API_TARGET_MS = 2_000;
const DRIFT_TARGET_MS = 3_000;
const PARITY_VARIANTS = 4;
const DEADLINE_MS = 15_000;

const { values } = parseArgs({ options: { times: { type: "string", default: "5" }, rate: { type: "string", default: "6" }, seed: { type: "string", default: "1" } } });
const say = (line: string) => void process.stderr.write(`${line}\n`);

type Figures = { last: number; mean: number };
type Capacity = { nodes: { nodeId: string; cores: Figures | null; stages: { deploymentId: string; computeMs: Figures }[] }[]; links: { fromNodeId: string; toNodeId: string; hopMs: Figures | null }[] };
type Adaptation = { signals: { name: string; samples: number }[]; drifts: { name: string }[] };
type Disturbance = { name: string; signal: string; shown(capacity: Capacity): number | null; begin(): Promise<void>; end(): Promise<void> };

async function main(): Promise<Figure[]> {
  const lab = await startLabDeployment({ name: NAME, nodes: NODES, links: LAB_LINK, model: ORIENTATION });
  const folder = mkdtempSync(path.join(tmpdir(), "cutplane-detect-"));
  try {
    const casesFile = path.join(folder, "cases.json");
    await writeReferenceCases(casesFile, { modelPath: lab.modelPath, shape: ORIENTATION.shape, variants: PARITY_VARIANTS, seed: Number(values.seed) });
    const load = await startLoadProcess({ urls: await lab.urls(), model: NAME, casesFile, perSecond: Number(values.rate), seed: Number(values.seed), deadlineMs: DEADLINE_MS });
    await lab.cluster.api("PATCH", `/deployments/${lab.deploymentId}/adaptation`, { mode: "observe" });
    const figures: Figure[] = [];
    for (const disturbance of disturbancesOf(lab)) figures.push(...(await measure(lab, disturbance)));
    const { counts } = await load.end();
    return [calibrationFigure(), ...figures, { figure: "lost", value: counts.lost, unit: "requests", target: { op: "==", than: 0 } }];
  } finally {
    await lab.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function disturbancesOf(lab: LabDeployment): Disturbance[] {
  const idOf = (name: string) => lab.cluster.agents.find((agent) => agent.name === name)?.nodeId ?? "";
  const hop = (capacity: Capacity) => capacity.links.find((link) => [link.fromNodeId, link.toNodeId].sort().join() === [idOf(FROM), idOf(TO)].sort().join())?.hopMs?.last ?? null;
  const link = (name: string, change: Partial<typeof LAB_LINK>): Disturbance => {
    const both = async (settings: Partial<typeof LAB_LINK>) => { await lab.network.set(FROM, TO, settings); await lab.network.set(TO, FROM, settings); };
    return { name, signal: `${FROM} → ${TO}`, shown: hop, begin: () => both(change), end: () => both(LAB_LINK) };
  };
  const group = `cutplane-detect-${process.pid}`;
  const pids = () => { const agent = lab.cluster.agents.find((one) => one.name === TO); return agent ? [agent.pid(), ...descendants(agent.pid())] : []; };
  const node: Disturbance = {
    name: `node with ${QUOTA_CORES} cores`, signal: TO,
    // A thread needs a core: what it may use less makes it so much slower, whether or not a request has shown it yet.
    shown(capacity) {
      const found = capacity.nodes.find((one) => one.nodeId === idOf(TO));
      const computeMs = found?.stages.find((stage) => stage.deploymentId === lab.deploymentId)?.computeMs.last;
      return computeMs === undefined ? null : computeMs / Math.min(1, found?.cores?.last ?? 1);
    },
    async begin() {
      const answer = throttle({ group, cores: QUOTA_CORES, pids: pids() });
      if (!answer.applied) throw new NotHere(answer.reason);
    },
    async end() { throttle({ group, cores: 64, pids: [] }); },
  };
  process.once("exit", () => removeThrottle(group));
  return [link("link with 1 MB/s instead of 40", { bytesPerSecond: 1e6 }), link("link 40 ms longer", { delayMs: 41 }), node];
}

class NotHere extends Error {}

async function measure(lab: LabDeployment, disturbance: Disturbance): Promise<Figure[]> {
  const { api } = lab.cluster;
  const signal = async () => {
    const { signals, drifts } = await api<Adaptation>("GET", `/deployments/${lab.deploymentId}/adaptation`);
    return { samples: signals.find((one) => one.name === disturbance.signal)?.samples ?? 0, drifting: drifts.some((one) => one.name === disturbance.signal) };
  };
  const shown = async () => disturbance.shown(await api<Capacity>("GET", "/capacity"));
  const took = { api: [] as number[], drift: [] as number[] };
  try {
    for (let time = 0; time < Number(values.times); time++) {
      await until(`${disturbance.signal} to be well known`, async () => { const seen = await signal(); return !seen.drifting && seen.samples >= LEARNT_SAMPLES; }, LONGEST_MS * 3);
      // Another phase of agents' and console's seconds each time.
      await sleep(300 + time * 170);
      const before = (await shown()) ?? Number.NaN;
      await disturbance.begin();
      const startedMs = performance.now();
      const [apiMs, driftMs] = await Promise.all([
        when(startedMs, async () => ((await shown()) ?? 0) > SHOWS_FACTOR * before),
        when(startedMs, async () => (await signal()).drifting),
      ]);
      await disturbance.end();
      took.api.push(apiMs);
      took.drift.push(driftMs);
      say(`${disturbance.name}: ${(apiMs / 1000).toFixed(1)} s until the API shows it, ${(driftMs / 1000).toFixed(1)} s until it is called a drift`);
    }
  } catch (error) {
    if (!(error instanceof NotHere)) throw error;
    return [{ figure: disturbance.name, value: Number.NaN, unit: "ms", withoutTargetBecause: error.message }];
  }
  const row = (what: string, list: number[], targetMs: number): Figure => ({ figure: `${disturbance.name}: ${what}, longest of ${list.length}`, value: Math.max(...list), unit: "ms", against: `${targetMs} ms; median ${quantile(list, 0.5).toFixed(0)} ms`, ratio: Math.max(...list) / targetMs, target: { op: "<=", than: 1 } });
  return [row("shown in the API", took.api, API_TARGET_MS), row("called a drift", took.drift, DRIFT_TARGET_MS)];
}

/** Milliseconds until it is so; LONGEST_MS when it never was. */
async function when(startedMs: number, holds: () => Promise<boolean>): Promise<number> {
  while (performance.now() - startedMs < LONGEST_MS) {
    if (await holds()) return performance.now() - startedMs;
    await sleep(LOOK_EVERY_MS);
  }
  return LONGEST_MS;
}

process.exitCode = reportBench("detect", await main()) ? 0 : 1;
