// Predicted against measured: what plans said before anything ran, and what their requests then take: latency of single ones, throughput of many, memory
// of the stages' processes. A real console and three real agents behind emulated links; the machine's own pace is watched beside. See bench/METHODOLOGY.md.
//   npm run bench -- prediction                 six models, nine plans each
//   npm run bench -- prediction --short         two models, four plans each
//   npm run bench -- prediction --model NAME    one model
//   npm run bench -- prediction --record        all, and what came out is what the console and docs/PLANNING.md tell from then on
import path from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { awaitOperation, until } from "../e2e/cluster.ts";
import { calibrationFigure } from "./calibration.ts";
import { watchIdle } from "./machine-idle.ts";
import { type PaceReference, startPaceReference } from "./pace-reference.ts";
import { pacedEstimate } from "./paced-estimate.ts";
import { NODES, type PredictionFleet, startPredictionFleet } from "./prediction-fleet.ts";
import { errorPercent, type Outcome, predictionFigures } from "./prediction-figures.ts";
import { recordOf, writeRecord } from "./prediction-record.ts";
import { type PlacedPlan, placementsOf, type PlanStage } from "./prediction-plans.ts";
import { createSender, type RequestInput } from "./prediction-requests.ts";
import { type Subject, SUBJECTS } from "./prediction-subjects.ts";
import { quantile } from "./quantile.ts";
import { reportBench } from "./report.ts";

const REQUESTS = 30;
const THROUGHPUT_MS = 4_000;
/** Enough that the bottleneck always finds work. */
const IN_FLIGHT_PER_STAGE = 3;
/** Between two runs of the model beside the requests of full throughput. */
const PACE_PAUSE_MS = 900;
const PACE_SAMPLES = 3;
const SHORT = { models: 2, plans: [0, 2, 3, 6] };

type Tensor = { name: string; dataType: "float32" | "int64"; shape: (number | string)[] };
type Facts = Parameters<typeof placementsOf>[0] & { inputs: Tensor[]; dimensionValues: Record<string, number> };
type Estimate = {
  kind: string; latencyMs: number; throughputPerSecond: number; bottleneck: { kind: string; index: number };
  stages: { computeMs: number }[]; hops: { bytes: number; latencyMs: number; transferMs: number }[]; memory: { topologyNodeId: string; usedBytes: number }[];
};
type Ran = Outcome & { estimate: Estimate; fastestMs: number };
type Trace = { totalMs: number; ok: boolean; sendMs?: number; stages: { computeMs: number; queueMs: number; times?: { receiveMs: number; roundTripMs: number | null; holdMs: number } }[]; answer?: { receiveMs: number; roundTripMs: number | null } };

type Profile = { kind: string; session: { intraOpThreads: number }; wholeMs: number; wholeSdMs: number; wholeClockMs?: number; boundary?: { segmentCount: number; holdOutErrorPercent: number | null; sumErrorPercent: number | null } };

function describeProfile(model: string, { session, wholeMs, wholeSdMs, wholeClockMs, boundary }: Profile): string {
  return `${model}, ${session.intraOpThreads} threads: ${wholeMs.toFixed(1)} ± ${wholeSdMs.toFixed(1)} ms (by the clock ${(wholeClockMs ?? wholeMs).toFixed(1)}); ${boundary ? `${boundary.segmentCount} segments, left out ones missed by ${boundary.holdOutErrorPercent?.toFixed(1)} % (sums of layers by ${boundary.sumErrorPercent?.toFixed(1)} %)` : "no segments"}`;
}

async function prepare({ cluster }: PredictionFleet, subject: Subject, bytes: Buffer): Promise<{ modelId: string; facts: Facts }> {
  const uploaded = await fetch(`${cluster.url}/api/v1/models?name=${subject.name}&fileName=${subject.name}.onnx`, { method: "POST", body: new Uint8Array(bytes), headers: { "content-type": "application/octet-stream" } });
  if (!uploaded.ok) throw new Error(`upload of ${subject.name}: ${uploaded.status} ${await uploaded.text()}`);
  const { model } = (await uploaded.json()) as { model: { id: string } };
  const { facts } = await cluster.api<{ facts: Facts }>("GET", `/models/${model.id}`);
  return { modelId: model.id, facts };
}

async function drawTopology({ cluster }: PredictionFleet): Promise<string> {
  const nodes = cluster.agents.map((agent, index) => ({ id: `tn_${index}`, name: agent.name, nodeId: agent.nodeId }));
  const links = [[0, 1], [1, 2], [0, 2]].map(([from, to]) => ({ id: `lnk_${from}${to}`, fromId: `tn_${from}`, toId: `tn_${to}` }));
  const topology = await cluster.api<{ id: string }>("POST", "/topologies", { name: "three", document: { nodes, links, zones: [], sourceId: "tn_0" } });
  return topology.id;
}

/** Every link's bandwidth and the model's profile are measured. */
async function awaitMeasured({ cluster }: PredictionFleet, modelId: string, topologyId: string, layerCount: number): Promise<void> {
  await until("measured profiles and links", async () => {
    const { live } = await cluster.api<{ live: { links: { fromNodeId: string; toNodeId: string; bandwidthBytesPerSecond: number | null }[] } }>("GET", `/topologies/${topologyId}`);
    if (live.links.filter((link) => link.bandwidthBytesPerSecond).length < 6) return false;
    const { estimate } = await cluster.api<{ estimate: Estimate | null }>("POST", "/plans/preview", { modelId, topologyId, placement: [{ from: 0, to: layerCount, topologyNodeId: "tn_1" }] });
    return estimate?.kind === "measured";
  }, 300_000);
}

function inputsOf(facts: Facts): RequestInput[] {
  return facts.inputs.map(({ name, dataType, shape }) => ({ name, dataType, shape: shape.map((size, axis) => (typeof size === "number" ? size : (facts.dimensionValues[size] ?? facts.dimensionValues[`${name}[${axis}]`] ?? 1))) }));
}

async function measureModel(fleet: PredictionFleet, subject: Subject, topologyId: string, plans: number[] | null): Promise<Outcome[]> {
  const bytes = subject.bytes();
  const { modelId, facts } = await prepare(fleet, subject, bytes);
  await awaitMeasured(fleet, modelId, topologyId, facts.layers.length);
  const reference = await startPaceReference(bytes, inputsOf(facts), path.join(fleet.cluster.folder, "pace.onnx"));
  try {
    const profiledMs = await profileOf(fleet, subject.name, modelId);
    const outcomes: Outcome[] = [];
    const deployed = { id: "", name: subject.name };
    for (const plan of placementsOf(facts).filter((_, index) => plans === null || plans.includes(index))) outcomes.push(await measurePlan(fleet, { modelId, topologyId, facts, deployed, plan, reference, profiledMs }));
    const stopped = await fleet.cluster.api<{ operation: { id: string } }>("POST", `/deployments/${deployed.id}/stop`, {});
    await awaitOperation(fleet.cluster, stopped.operation);
    return outcomes;
  } finally {
    reference.end();
  }
}

/** With its segments, as an operator would have it before planning. The console asks for it by itself too: what comes second replaces what came first. @returns milliseconds of the whole model with one thread */
async function profileOf({ cluster }: PredictionFleet, name: string, modelId: string): Promise<number> {
  const { operation } = await cluster.api<{ operation: { id: string } }>("POST", `/models/${modelId}/measure`, { depth: "segments" });
  await awaitOperation(cluster, operation, 600_000);
  const profiles = (await cluster.api<Profile[]>("GET", `/models/${modelId}/profiles`)).filter((profile) => profile.kind === "measured");
  for (const profile of profiles) process.stderr.write(`${describeProfile(name, profile)}\n`);
  const own = profiles.find((profile) => profile.session.intraOpThreads === 1);
  if (!own) throw new Error(`${name} was not profiled with one thread`);
  return own.wholeMs;
}

type PlanRun = { modelId: string; topologyId: string; facts: Facts; deployed: { id: string; name: string }; plan: PlacedPlan; reference: PaceReference; profiledMs: number };
async function measurePlan(fleet: PredictionFleet, { modelId, topologyId, facts, deployed, plan, reference, profiledMs }: PlanRun): Promise<Outcome> {
  const { cluster } = fleet;
  const { api, agents } = cluster;
  const { id: planId, plan: { estimate } } = await api<{ id: string; plan: { estimate: Estimate } }>("POST", "/plans", { modelId, topologyId, placement: plan.placement });
  // The check of the plan's parity runs the whole model on the same cores.
  await until("the plan's parity", async () => (await api<{ parity: { status: string } }>("GET", `/plans/${planId}`)).parity.status !== "pending");
  const started = deployed.id === ""
    ? await api<{ operation: { id: string }; deployment?: { id: string } }>("POST", "/deployments", { name: deployed.name, planId, ingressNodeIds: [agents[0]?.nodeId] })
    : await api<{ operation: { id: string }; deployment?: { id: string } }>("POST", `/deployments/${deployed.id}/plan`, { planId });
  deployed.id ||= started.deployment?.id ?? "";
  await awaitOperation(cluster, started.operation);
  const { ingress } = await api<{ ingress: { url: string }[] }>("GET", `/deployments/${deployed.id}`);
  const sender = createSender(ingress[0]?.url ?? "", deployed.name, inputsOf(facts));
  try {
    const between: number[] = [];
    const { median: latencyMs, fastest: fastestMs } = await sender.latencyMs(REQUESTS, async () => void between.push(await reference.sample()));
    const traces = await api<Trace[]>("GET", `/deployments/${deployed.id}/requests?order=recent&limit=20`);
    const idleSince = watchIdle();
    const watch = reference.watch(PACE_PAUSE_MS);
    const throughputPerSecond = await sender.throughputPerSecond({ inFlight: plan.placement.length * IN_FLIGHT_PER_STAGE, durationMs: THROUGHPUT_MS });
    const idle = idleSince();
    const around = [...between.slice(-PACE_SAMPLES), ...(await watch.stop())];
    for (let run = 0; run < PACE_SAMPLES; run++) around.push(await reference.sample());
    const pace = { latency: quantile(between, 0.5) / profiledMs, throughput: quantile(around, 0.5) / profiledMs };
    const memory = estimate.memory.map(({ topologyNodeId, usedBytes }) => ({ predictedBytes: usedBytes, bytes: fleet.stageBytes(NODES[Number(topologyNodeId.slice(3))] ?? "") }));
    const outcome: Ran = { model: deployed.name, label: plan.label, estimate, latencyMs, fastestMs, throughputPerSecond, memory, pace, paced: pacedEstimate(estimate, pace), idle };
    process.stderr.write(`${describe(outcome, plan.placement)}${describeTraces(traces, plan.placement.length)}\n`);
    return outcome;
  } finally {
    sender.close();
  }
}

function describe({ model, label, estimate, latencyMs, fastestMs, throughputPerSecond, memory, pace, paced, idle }: Ran, placement: PlanStage[]): string {
  const parts = `compute ${estimate.stages.map((stage) => stage.computeMs.toFixed(1)).join("+")}, hops ${estimate.hops.map((hop) => `${(hop.latencyMs + hop.transferMs).toFixed(1)} (${Math.round(hop.bytes / 1000)} kB)`).join("+")}`;
  return `${model}, ${label} [${placement.map((stage) => `${stage.from}-${stage.to}`).join(" ")}]: ${parts}\n`
    + `  latency ${estimate.latencyMs.toFixed(1)} → ${latencyMs.toFixed(1)} ms, fastest tenth ${fastestMs.toFixed(1)} (${estimate.kind}), throughput ${estimate.throughputPerSecond.toFixed(1)} → ${throughputPerSecond.toFixed(1)} /s (${estimate.bottleneck.kind} ${estimate.bottleneck.index}), memory ${memory.map((one) => `${(one.predictedBytes / 1e6).toFixed(0)} → ${(one.bytes / 1e6).toFixed(0)}`).join(", ")} MB\n`
    + `  at the machine's pace (${pace.latency.toFixed(2)} and ${pace.throughput.toFixed(2)} times the profile's): latency ${paced.latencyMs.toFixed(1)} (off by ${errorPercent(latencyMs, paced.latencyMs).toFixed(1)} %), throughput ${paced.throughputPerSecond.toFixed(1)} (off by ${errorPercent(throughputPerSecond, paced.throughputPerSecond).toFixed(1)} %), idle ${idle === null ? "unknown" : `${(idle * 100).toFixed(0)} %`}`;
}

/** Where the time of the newest single requests went, medians: what an error is made of. */
function describeTraces(traces: Trace[], stageCount: number): string {
  const usable = traces.filter((trace) => trace.ok && trace.sendMs !== undefined && trace.answer && trace.stages.length === stageCount && trace.stages.every((stage) => stage.times));
  if (usable.length === 0) return "";
  const middle = (of: (trace: Trace) => number) => { const values = usable.map(of).sort((a, b) => a - b); return (values[values.length >> 1] ?? 0).toFixed(1); };
  const stages = Array.from({ length: stageCount }, (_, k) => `receive ${middle((trace) => trace.stages[k]?.times?.receiveMs ?? 0)} ping/2 ${middle((trace) => (trace.stages[k]?.times?.roundTripMs ?? 0) / 2)} compute ${middle((trace) => trace.stages[k]?.computeMs ?? 0)} rest of hold ${middle((trace) => (trace.stages[k]?.times?.holdMs ?? 0) - (trace.stages[k]?.computeMs ?? 0))}`);
  return `\n  traces: total ${middle((trace) => trace.totalMs)}, send ${middle((trace) => trace.sendMs ?? 0)} | ${stages.join(" | ")} | answer ${middle((trace) => trace.answer?.receiveMs ?? 0)}`;
}

/** Runs it all and prints the figures. False when a target is missed. */
export async function benchPrediction(options: { subjects: readonly Subject[]; plans: number[] | null; record?: boolean }): Promise<boolean> {
  const calibrationBefore = calibrationFigure();
  const fleet = await startPredictionFleet();
  const outcomes: Outcome[] = [];
  try {
    const topologyId = await drawTopology(fleet);
    for (const subject of options.subjects) outcomes.push(...(await measureModel(fleet, subject, topologyId, options.plans)));
  } finally {
    await fleet.stop();
  }
  if (options.record) writeRecord(recordOf(outcomes, new Date().toISOString().slice(0, 10)));
  return reportBench("prediction", [...predictionFigures(outcomes), { ...calibrationBefore, figure: "calibration loop, before" }, { ...calibrationFigure(), figure: "calibration loop, after" }]);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseArgs({ options: { short: { type: "boolean" }, model: { type: "string" }, record: { type: "boolean" } } });
  if (values.record && (values.short || values.model)) throw new Error("--record is of all models and plans: leave out --short and --model");
  const chosen = values.model ? SUBJECTS.filter((subject) => subject.name === values.model) : SUBJECTS.slice(0, values.short ? SHORT.models : undefined);
  if (chosen.length === 0) throw new Error(`no model ${values.model}: one of ${SUBJECTS.map((subject) => subject.name).join(", ")}`);
  process.exitCode = (await benchPrediction({ subjects: chosen, plans: values.short ? SHORT.plans : null, record: values.record === true })) ? 0 : 1;
}
