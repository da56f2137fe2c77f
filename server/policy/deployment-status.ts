// Owns what a deployment is called right now, and why, in one sentence.
import type { ObservedLane } from "../../agents/protocol/control.ts";
import { ingressOf, type StageSituation, stagesOf } from "./migration.ts";
import { isLinkedFrom, isLinkedToAll } from "./lane-link.ts";
import { type Replica, replicasOf } from "./replicas.ts";
import type { DeploymentView, FleetSnapshot, NodeView } from "./snapshot.ts";

export type DeploymentStatus = "starting" | "live" | "moving" | "degraded" | "stopped" | "failed";

export function deploymentStatus(snapshot: FleetSnapshot, deployment: DeploymentView): { status: DeploymentStatus; reason: string } {
  if (deployment.desired === "stopped") return { status: "stopped", reason: "It was stopped." };
  const { migration } = deployment;
  if (migration && migration.fromRevisionId === null) return { status: "starting", reason: `${migration.reason} (${migration.state})` };
  const current = deployment.revisions.find((revision) => revision.revisionId === deployment.currentRevisionId);
  if (!current) return { status: "failed", reason: deployment.lastFailure ?? "No revision serves." };
  if (migration?.pause && WAITING.includes(migration.state)) return { status: "moving", reason: `${migration.reason} Requests wait until a revision is loaded again (${migration.state}).` };
  const trouble = troubleOf(snapshot, deployment, current);
  if (migration) return { status: "moving", reason: trouble ?? `${migration.reason} (${migration.state})` };
  return trouble ? { status: "degraded", reason: trouble } : { status: "live", reason: `Revision ${current.number} serves.` };
}

/** Of a move with a pause: nothing serves, as it was said. */
const WAITING: readonly string[] = ["pause", "unload", "warm", "verify", "restore"];

function troubleOf(snapshot: FleetSnapshot, deployment: DeploymentView, current: DeploymentView["revisions"][number]): string | null {
  const replicas = replicasOf(stagesOf(snapshot, deployment, current));
  const entries = ingressOf(snapshot, deployment, current.ingressNodeIds);
  // One of several entries that it is not through to is trouble of that entry alone.
  const hasOther = (lane: ObservedLane) => entries.length > 1 && entries.some(({ nodeId }) => isLinkedFrom(lane, nodeId) === true);
  const isThrough: Through = ({ index, lane }) => lane === null || (index === 0 ? isLinkedToAll(lane, current.ingressNodeIds, snapshot.nodes) || hasOther(lane) : lane.upstreamLinked);
  for (const { number, stages } of replicas) {
    const trouble = troubleAmong(stages, isThrough);
    if (trouble) return replicas.length === 1 ? trouble : `Replica ${number}: ${trouble}`;
  }
  const troubles = entries.map((entry) => troubleAt(entry, current, replicas));
  const first = troubles.find((trouble) => trouble !== null);
  if (!first) return null;
  const whole = entries.filter((_, index) => troubles[index] === null).map(({ name }) => name);
  return `${first}${whole.length > 0 ? ` Requests go on entering at ${whole.join(", ")}.` : ""}`;
}

function troubleAt({ name, nodeId, node, route }: ReturnType<typeof ingressOf>[number], current: DeploymentView["revisions"][number], replicas: readonly Replica<StageSituation>[]): string | null {
  if (!node) return "The node of an ingress is not enrolled any more.";
  if (isSilent(node)) return `The ingress on ${name} is ${node.presence}.`;
  if (!route) return `The ingress on ${name} has not reported yet.`;
  const firsts = current.ingressNodeIds.length > 1 ? replicas.flatMap(({ stages }) => stages.slice(0, 1)) : [];
  const apart = firsts.find(({ lane }) => lane !== null && isLinkedFrom(lane, nodeId) === false);
  if (apart) return `Stage 0 on ${apart.name} has lost the ingress on ${name}.`;
  if (route.error) return `The ingress on ${name}: ${route.error}`;
  if (route.currentEpoch !== current.epoch) return `The ingress on ${name} does not serve epoch ${current.epoch} yet.`;
  const own = route.pipelines.filter((pipeline) => pipeline.epoch === current.epoch);
  const lost = replicas.find(({ number }) => !own.find((pipeline) => (pipeline.replica ?? 1) === number)?.linked);
  return lost ? `The ingress on ${name} has lost the last stage${replicas.length === 1 ? "" : ` of replica ${lost.number}`}.` : null;
}

type Through = (stage: StageSituation) => boolean;
function troubleAmong(stages: readonly StageSituation[], isThrough: Through): string | null {
  for (const stage of stages) {
    const { name, index, node, observed } = stage;
    if (!node) return `The node of stage ${index} is not enrolled any more.`;
    if (isSilent(node)) return `${name} (stage ${index}) is ${node.presence}.`;
    if (!observed) return `${name} has not reported stage ${index} yet.`;
    if (observed.state !== "ready" && observed.state !== "draining") return `Stage ${index} on ${name} is ${observed.state}${observed.error ? `: ${observed.error.message}` : "."}`;
    if (!isThrough(stage)) return `Stage ${index} on ${name} has lost the one before it.`;
  }
  return null;
}

/** A node that is connecting has not been silent long enough to say that what it runs does not serve: after a restart of the console all are. */
function isSilent(node: NodeView): boolean {
  return node.presence === "late" || node.presence === "lost";
}
