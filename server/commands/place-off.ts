// Owns where one deployment goes when a node is drained: its layers, and its entry where requests enter at that node, in today's figures.
import { liveFleet } from "../live/live-fleet.ts";
import { diffReplicas } from "../planner/replicas/diff-replicas.ts";
import { holdStages } from "../planner/replicas/hold-stages.ts";
import { estimatePlacement } from "../planner/estimate.ts";
import type { Estimate, Infeasible, Placement, Plan, PlanDiff, Refusal } from "../planner/plan.ts";
import type { Problem } from "../planner/problem.ts";
import { stageMemoryBytes } from "../planner/stage-memory.ts";
import { type PlacedEntry, placeEntry } from "../policy/place-entry.ts";
import { type PlacedWithout, placeWithout } from "../policy/place-without.ts";
import { samePlacement } from "../policy/adapt/alternatives.ts";
import { findPlan } from "../store/plans.ts";
import type { StoredTopology } from "../store/topologies.ts";
import { allPlacements } from "./create-plan.ts";
import type { DeploymentOnNode } from "./deployments-on-node.ts";
import type { Deps } from "./deps.ts";
import { loadProblem } from "./load-problem.ts";

export type Reason = { message: string; fix: string | null };
/** `replicas`: further ones, where there are some; `droppedReplicas`: how many have nowhere to go and end, while another one serves. */
export type DrainedTo = { placement: Placement; replicas?: { placement: Placement }[]; droppedReplicas?: number; origin: Plan["origin"]; estimate: Estimate; diff: PlanDiff };
/** Addresses without a path: `from` of the entry that closes; `to` is null while its node has opened none. `opens`: false where it is open already. */
export type EntryMove = { from: string | null; node: { id: string; name: string }; to: string | null; opens: boolean };
/** `drawnId`: the entry's node in the drawing. `ingressNodeIds`: every entry of the new revision. */
export type MovedEntry = EntryMove & { drawnId: string; ingressNodeIds: string[] };
/** What a drain has found for the deployments before this one: bytes that come to each node (less those that go), by its id; the drawn node that each drawing is entered at then. */
export type DrainedBefore = { landing: Map<string, number>; entries: Map<string, string> };
export type PlacedOff = { nodes: { id: string; name: string }[]; to: DrainedTo; entry: MovedEntry | null };

/** Adds to `before` what this one brings along, so that all of them together are not more than a node holds. */
export async function placeOff(deps: Deps, { deployment, current, entersHere }: Pick<DeploymentOnNode, "deployment" | "current" | "entersHere">, nodeId: string, before: DrainedBefore = { landing: new Map(), entries: new Map() }): Promise<PlacedOff | { reasons: Reason[] }> {
  const plan = current && (await findPlan(deps.db, current.planId));
  if (!plan) return { reasons: [{ message: `Nothing of ${deployment.name} serves yet.`, fix: "Wait until it does, or stop it." }] };
  const { problem: whole, topology } = await loadProblem(deps, { modelId: plan.modelId, topologyId: plan.topologyId, beside: deployment.id, asDrawn: true });
  const nodeIds = new Map(topology.document.nodes.map((drawn) => [drawn.id, drawn.nodeId]));
  const landingOn = (drawnId: string) => before.landing.get(nodeIds.get(drawnId) ?? "") ?? 0;
  const leaving = topology.document.nodes.filter((drawn) => drawn.nodeId === nodeId).map((drawn) => drawn.id);
  const indexOf = (drawnId: string) => whole.nodes.findIndex((node) => node.topologyNodeId === drawnId);
  const known = leaving.includes(topology.document.sourceId ?? "") ? before.entries.get(topology.id) : undefined;
  const problem = { ...whole, nodes: whole.nodes.map((node) => ({ ...node, heldBytes: Math.max(0, (node.heldBytes ?? 0) + landingOn(node.topologyNodeId)) })), ...(known === undefined ? {} : { sourceIndex: indexOf(known) }) };
  const runningReplicas = allPlacements(plan.plan);
  const isTouched = (placement: Placement) => placement.some((stage) => leaving.includes(stage.topologyNodeId));
  const staysWhole = runningReplicas.filter((placement) => !isTouched(placement));
  const first = runningReplicas[0] as Placement;
  const staying = deployment.settings.ingressNodeIds.filter((id) => id !== nodeId);
  const among = topology.document.nodes.filter((drawn) => drawn.nodeId !== null && staying.includes(drawn.nodeId)).map((drawn) => drawn.id);
  // A replica that is nowhere near stays as it is, and what others get is beside it.
  const place = (on: Problem, running = first): PlacedEntry | PlacedWithout | Infeasible => {
    const beside = holdStages(on, staysWhole.filter((one) => one !== running).flat());
    return entersHere ? placeEntry(beside, running, leaving, among) : placeWithout(beside, running, leaving);
  };
  let running = first;
  let placed = place(problem);
  if ("infeasible" in placed && staysWhole[0]) {
    running = staysWhole[0];
    placed = place(problem, running);
  }
  if ("infeasible" in placed) {
    const others = problem.nodes.filter((node) => !leaving.includes(node.topologyNodeId));
    const heldBytes = others.reduce((sum, node) => sum + node.heldBytes, 0);
    return { reasons: reasonsOf(placed.refusals, heldBytes > 0 && !("infeasible" in place({ ...problem, nodes: problem.nodes.map((node) => ({ ...node, heldBytes: 0 })) })), heldBytes) };
  }
  const entry = "entryId" in placed ? movedEntry(deps, topology, { entryId: placed.entryId, deployment, nodeId, staying }) : null;
  const entered: Problem = entry && problem.sourceIndex !== null ? { ...problem, sourceIndex: indexOf(entry.drawnId) } : problem;
  const estimate = estimatePlacement(entered, placed.placement);
  if (!estimate) return { reasons: [{ message: "The new placement can't be estimated.", fix: "Look at the topology's links." }] };
  const { landing } = before;
  const others = placeOthers(entered, { running: runningReplicas.filter((one) => one !== running), placed: placed.placement, leaving, isTouched });
  if (entry) before.entries.set(topology.id, entry.drawnId);
  for (const [stages, sign] of [[[placed.placement, ...others].flat(), 1], [runningReplicas.flat(), -1]] as const) for (const stage of stages) {
    const target = nodeIds.get(stage.topologyNodeId);
    if (target) landing.set(target, (landing.get(target) ?? 0) + sign * stageMemoryBytes(problem, stage.from, stage.to));
  }
  const dropped = runningReplicas.length - 1 - others.length;
  const to: DrainedTo = {
    placement: placed.placement, ...(others.length > 0 ? { replicas: others.map((placement) => ({ placement })) } : {}), ...(dropped > 0 ? { droppedReplicas: dropped } : {}),
    origin: placed.origin, estimate, diff: diffReplicas(entered, runningReplicas, [placed.placement, ...others]),
  };
  return { nodes: topology.document.nodes.map(({ id, name }) => ({ id, name })), to, entry };
}

/** Those that have a stage on the node go elsewhere, apart from the rest if that can be; one that finds no room ends. */
function placeOthers(problem: Problem, { running, placed, leaving, isTouched }: { running: Placement[]; placed: Placement; leaving: readonly string[]; isTouched: (placement: Placement) => boolean }): Placement[] {
  const done: Placement[] = [placed, ...running.filter((placement) => !isTouched(placement))];
  const moved = new Map<Placement, Placement>();
  for (const placement of running.filter(isTouched)) {
    const beside = holdStages(problem, done.flat());
    const used = new Set(done.flat().map((stage) => stage.topologyNodeId));
    const apart: Problem = { ...beside, nodes: beside.nodes.map((node) => (used.has(node.topologyNodeId) && !placement.some((stage) => stage.topologyNodeId === node.topologyNodeId) ? { ...node, cordoned: true } : node)) };
    const found = [apart, beside].map((on) => placeWithout(on, placement, leaving)).find((one): one is PlacedWithout => !("infeasible" in one));
    if (!found || done.some((other) => samePlacement(other, found.placement))) continue;
    done.push(found.placement);
    moved.set(placement, found.placement);
  }
  return running.flatMap((placement) => {
    const at = isTouched(placement) ? moved.get(placement) : placement;
    return at ? [at] : [];
  });
}

function movedEntry(deps: Deps, { document }: StoredTopology, { entryId, deployment, nodeId, staying }: { entryId: string; deployment: DeploymentOnNode["deployment"]; nodeId: string; staying: string[] }): MovedEntry | null {
  const drawn = document.nodes.find((node) => node.id === entryId);
  if (!drawn?.nodeId) return null;
  const { nodes } = liveFleet(deps.db);
  const addressOf = (id: string, isOwn: boolean) => {
    const url = nodes.get(id)?.ingress.find((route) => (!isOwn || route.deploymentId === deployment.id) && URL.canParse(route.url))?.url;
    return url === undefined ? null : new URL(url).origin;
  };
  const opens = !staying.includes(drawn.nodeId);
  return { from: addressOf(nodeId, true), node: { id: drawn.nodeId, name: drawn.name }, to: addressOf(drawn.nodeId, false), opens, drawnId: drawn.id, ingressNodeIds: staying.length > 0 ? staying : [drawn.nodeId] };
}

/** What would fit if others held nothing is short of memory, whatever else the search says. */
function reasonsOf(refusals: readonly Refusal[], fitsAlone: boolean, heldBytes: number): Reason[] {
  if (fitsAlone) return [{ message: `Where it could go there is not enough memory left: other deployments hold or get ${Math.round(heldBytes / 1e6)} MB there.`, fix: "Move or stop one of them first, or give the nodes more memory." }];
  return refusals.map(({ message, fix }) => ({ message, fix }));
}
