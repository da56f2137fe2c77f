// Owns what the demo does with its fleet: import a real model, cut it in three, deploy it. Each step looks first whether it was done.
import { readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { demoModel } from "./bundled-models.ts";
import { type ApiDeployment, type ApiModel, type ApiOperation, type ApiPlan, type ApiTopology, type DemoApi, DemoError, type ProcessorFile, type Solved, waitFor } from "./demo-api.ts";
import { DEMO_NODES, type Fleet, repositoryFolder } from "./demo-fleet.ts";

/** Also its name in /v2/models/NAME. */
export const DEMO_DEPLOYMENT = "read-text";
const PROFILE_TIMEOUT_MS = 90_000;
const LINKS_TIMEOUT_MS = 20_000;
const PARITY_TIMEOUT_MS = 120_000;
const LIVE_TIMEOUT_MS = 180_000;

export type DemoContext = { api: DemoApi; log: (line: string) => void; signal: AbortSignal };
export type Deployed = { model: ApiModel; plan: ApiPlan; deployment: ApiDeployment };

export async function deployDemo(context: DemoContext, fleet: Fleet): Promise<Deployed> {
  const model = await importDemoModel(context);
  const existing = (await context.api.get<ApiDeployment[]>("/deployments")).find((one) => one.name === DEMO_DEPLOYMENT);
  const resumed = existing?.modelId === model.id ? await resume(context, model, existing) : null;
  // Before anything is measured.
  await fleet.setSpeed("own");
  if (resumed) return resumed;
  if (existing) throw new DemoError(`there is a deployment "${DEMO_DEPLOYMENT}" of another model ("${existing.modelName}"): the demo leaves it alone. Delete it, or start with --no-demo`);
  const topology = await prepareTopology(context, fleet);
  await waitMeasured(context, model, fleet, topology.id);
  const plan = await makePlan(context, model, topology, fleet);
  const ingress = fleet.nodes[0]!;
  context.log(`deploying over ${plan.plan.placement.length} nodes`);
  const { deployment, operation } = await context.api.send<{ deployment: ApiDeployment; operation: ApiOperation }>("POST", "/deployments", { name: DEMO_DEPLOYMENT, planId: plan.id, ingressNodeIds: [ingress.id] });
  await context.api.follow(operation, progressLine(context));
  return { model, plan: await settledPlan(context, plan.id), deployment: await waitLive(context, deployment.id) };
}

async function resume(context: DemoContext, model: ApiModel, existing: ApiDeployment): Promise<Deployed> {
  // A person stopped it on purpose; the demo's promise is a model that serves.
  if (existing.desired === "stopped") await context.api.follow((await context.api.send<{ operation: ApiOperation }>("POST", `/deployments/${existing.id}/start`, {})).operation, progressLine(context));
  const deployment = await waitLive(context, existing.id);
  const planId = deployment.currentRevision?.planId;
  if (!planId) throw new DemoError(`the deployment "${DEMO_DEPLOYMENT}" has no revision that serves: ${deployment.statusReason}`);
  return { model, deployment, plan: await settledPlan(context, planId) };
}

async function importDemoModel({ api, log }: DemoContext): Promise<ApiModel> {
  const bundled = demoModel();
  const found = (await api.get<ApiModel[]>("/models")).find((model) => model.name === bundled.name && model.status === "ready");
  if (found?.processorKind) return found;
  let model = found;
  if (!model) {
    log(`importing ${bundled.title} (${basename(bundled.path)})`);
    const query = new URLSearchParams({ name: bundled.name, fileName: basename(bundled.path), origin: "bundled" });
    model = (await api.upload<{ model: ApiModel }>("POST", `/models?${query}`, await readFile(bundled.path))).model;
  }
  const files: ProcessorFile[] = [];
  for (const file of bundled.processorFiles) {
    const { digest } = await api.upload<{ digest: string }>("PUT", `/files/processor?${new URLSearchParams({ name: file.name })}`, await readFile(file.path));
    files.push({ name: file.name, digest });
  }
  await api.send("PUT", `/models/${model.id}/processor`, { processor: bundled.processor, files });
  const { fileName, contentType } = bundled.sample;
  const { digest } = await api.upload<{ digest: string }>("PUT", `/files/sample?${new URLSearchParams({ name: fileName })}`, await readFile(join(repositoryFolder(), "server/demo", fileName)));
  await api.send("PUT", `/models/${model.id}/sample`, { sample: { form: "raw", fileName, contentType, digest, origin: "bundled" } });
  return model;
}

/** The drawing of the fleet, with the demo's nodes in zones that say what is emulated, and requests entering at the camera. */
async function prepareTopology(context: DemoContext, fleet: Fleet): Promise<ApiTopology> {
  const { api, signal } = context;
  const topology = await waitFor(async () => {
    const id = (await api.get<{ id: string; followsFleet: boolean }[]>("/topologies")).find((one) => one.followsFleet)?.id;
    const found = id ? await api.get<ApiTopology>(`/topologies/${id}`) : null;
    return found && fleet.nodes.every((node) => found.document.nodes.some((drawn) => drawn.nodeId === node.id)) ? found : null;
  }, { timeoutMs: 10_000, everyMs: 200, signal });
  if (!topology) throw new DemoError("no topology holds the three nodes: the drawing that follows the fleet was deleted");
  const { document } = topology;
  const zones = [...document.zones];
  const nodes = document.nodes.map((drawn) => {
    const index = fleet.nodes.findIndex((node) => node.id === drawn.nodeId);
    if (index < 0 || drawn.zoneId !== null) return drawn;
    const name = DEMO_NODES[index]!.zone;
    const zone = zones.find((one) => one.name === name) ?? { id: `zn_demo${index + 1}`, name };
    if (!zones.includes(zone)) zones.push(zone);
    return { ...drawn, zoneId: zone.id };
  });
  const sourceId = document.sourceId ?? nodes.find((drawn) => drawn.nodeId === fleet.nodes[0]!.id)?.id ?? null;
  if (sourceId === document.sourceId && nodes.every((node, index) => node === document.nodes[index])) return topology;
  const saved = await api.send<ApiTopology>("PUT", `/topologies/${topology.id}`, { baseRevision: topology.revision, document: { ...document, nodes, zones, sourceId } });
  // Side by side in the order of the links, the gateway lower, so that no label lies under another. A place a person gave stays.
  const places = nodes.flatMap((drawn) => {
    const index = fleet.nodes.findIndex((node) => node.id === drawn.nodeId);
    return index < 0 || saved.layout[drawn.id] ? [] : [[drawn.id, { x: index * 400, y: index === 1 ? 256 : 0 }] as const];
  });
  if (places.length > 0) await api.send("PUT", `/topologies/${topology.id}/layout`, { layout: Object.fromEntries(places) });
  return saved;
}

/** The plan is better when made from measurements; when they take too long, it is made from estimates and says so. */
async function waitMeasured({ api, log, signal }: DemoContext, model: ApiModel, fleet: Fleet, topologyId: string): Promise<void> {
  const classes = new Set(fleet.nodes.map((node) => node.hardware?.deviceClass).filter(Boolean));
  log(`measuring the model on ${classes.size === 1 ? "the nodes" : `${classes.size} kinds of node`}`);
  const measured = await waitFor(async () => {
    const profiles = await api.get<{ kind: string; deviceClass: string }[]>(`/models/${model.id}/profiles`);
    return [...classes].every((one) => profiles.some((profile) => profile.kind === "measured" && profile.deviceClass === one)) ? true : null;
  }, { timeoutMs: PROFILE_TIMEOUT_MS, everyMs: 500, signal });
  if (!measured) log(`not every node was measured within ${PROFILE_TIMEOUT_MS / 1000} s: the plan is made from estimates where it must be`);
  const ids = fleet.nodes.map((node) => node.id);
  const linked = await waitFor(async () => {
    const { live } = await api.get<ApiTopology>(`/topologies/${topologyId}`);
    const known = live.links.filter((link) => ids.includes(link.fromNodeId) && ids.includes(link.toNodeId) && link.bandwidthBytesPerSecond !== null);
    return known.length >= ids.length * (ids.length - 1) ? true : null;
  }, { timeoutMs: LINKS_TIMEOUT_MS, everyMs: 300, signal });
  if (!linked) log(`not every link was measured within ${LINKS_TIMEOUT_MS / 1000} s`);
}

async function makePlan(context: DemoContext, model: ApiModel, topology: ApiTopology, fleet: Fleet): Promise<ApiPlan> {
  const { api, log } = context;
  const pair = { modelId: model.id, topologyId: topology.id };
  const solved = await api.send<Solved>("POST", "/plans/solve", { ...pair, objective: "throughput", minStages: 3 });
  if ("infeasible" in solved) throw new DemoError(`no plan fits: ${solved.refusals.map((one) => `${one.message}${one.fix ? ` ${one.fix}` : ""}`).join(" ")}`);
  const plan = await api.send<ApiPlan>("POST", "/plans", { ...pair, placement: solved.placement, origin: solved.origin });
  const nameOf = (id: string) => topology.document.nodes.find((node) => node.id === id)?.name ?? id;
  log(`plan: ${solved.placement.map((stage) => `layers ${stage.from + 1}–${stage.to} on ${nameOf(stage.topologyNodeId)}`).join(", ")}; predicted ${solved.estimate.latencyMs.toFixed(1)} ms (${solved.estimate.kind})`);
  if (solved.placement.length < fleet.nodes.length) log(`the solver used ${solved.placement.length} of ${fleet.nodes.length} nodes`);
  return plan;
}

async function settledPlan({ api, signal }: DemoContext, planId: string): Promise<ApiPlan> {
  const settled = await waitFor(async () => {
    const plan = await api.get<ApiPlan>(`/plans/${planId}`);
    return plan.parity.status === "pending" ? null : plan;
  }, { timeoutMs: PARITY_TIMEOUT_MS, everyMs: 300, signal });
  return settled ?? api.get<ApiPlan>(`/plans/${planId}`);
}

async function waitLive({ api, signal }: DemoContext, deploymentId: string): Promise<ApiDeployment> {
  const live = await waitFor(async () => {
    const deployment = await api.get<ApiDeployment>(`/deployments/${deploymentId}`);
    if (deployment.status === "failed") throw new DemoError(`the deployment failed: ${deployment.statusReason}`);
    // While a person tries a revision beside it, the one before serves on for as long as they like.
    const isServing = deployment.status === "live" || (deployment.currentRevision !== null && deployment.migration?.state === "canary");
    return isServing && deployment.ingress.some((one) => one.ready && one.url) ? deployment : null;
  }, { timeoutMs: LIVE_TIMEOUT_MS, everyMs: 150, signal });
  if (live) return live;
  const last = await api.get<ApiDeployment>(`/deployments/${deploymentId}`);
  throw new DemoError(`the deployment was not live after ${LIVE_TIMEOUT_MS / 1000} s: it is ${last.status}, ${last.statusReason}`);
}

function progressLine({ log }: DemoContext): (operation: ApiOperation) => void {
  let before = "";
  return ({ progress }) => {
    if (!progress?.step || progress.step === before) return;
    before = progress.step;
    log(`  ${progress.step}${progress.detail ? `: ${progress.detail}` : ""}`);
  };
}
