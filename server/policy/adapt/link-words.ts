// Owns what agents say of the links that a deployment's requests cross: whether each receiver is through to its sender. Pure.
import type { ObservedIngress } from "../../../agents/protocol/control.ts";
import { isLinkedFrom } from "../lane-link.ts";
import { ingressOf, stagesOf } from "../migration.ts";
import type { DeploymentView, FleetSnapshot, NodeView, RevisionView } from "../snapshot.ts";

/** By "from>to" of enrolled nodes, as data goes. A pair is missing where its ends do not run, or where nobody can tell which of several senders is meant. */
export function linkWords(snapshot: FleetSnapshot, deployment: DeploymentView, revision: RevisionView): Map<string, boolean> {
  const words = new Map<string, boolean>();
  // Of two replicas that cross the same pair, one connection that stands says more than one that does not.
  const say = (from: string, to: string, linked: boolean) => void (from !== to && words.set(`${from}>${to}`, linked || (words.get(`${from}>${to}`) ?? false)));
  const stages = stagesOf(snapshot, deployment, revision);
  const entries = ingressOf(snapshot, deployment, revision.ingressNodeIds);
  // That it takes no requests is often what is asked about: it can be dialled once it has the pipeline.
  const isOpen = ({ node, route }: (typeof entries)[number], replica: number) => isHeard(node) && pipelineOf(route, revision, replica) !== undefined;
  for (const [at, { index, replica, nodeId, node, observed, lane }] of stages.entries()) {
    if (!isHeard(node) || !lane || (observed?.state !== "ready" && observed?.state !== "draining")) continue;
    const before = index === 0 ? null : stages[at - 1];
    if (before) {
      if (isHeard(before.node) && before.observed?.state === "ready") say(before.nodeId, nodeId, lane.upstreamLinked);
      continue;
    }
    for (const entry of entries) {
      const linked = entries.length === 1 ? lane.upstreamLinked : isLinkedFrom(lane, entry.nodeId);
      if (linked !== null && isOpen(entry, replica)) say(entry.nodeId, nodeId, linked);
    }
  }
  for (const { nodeId, node, route } of entries) {
    if (!isHeard(node) || !route) continue;
    for (const { epoch, replica = 1, linked } of route.pipelines) {
      if (epoch !== revision.epoch) continue;
      const own = stages.filter((stage) => stage.replica === replica);
      const last = own.at(-1);
      // It says so of the whole way: only where all before it are through is it the way back that is not.
      const isUp = own.every((stage) => isHeard(stage.node) && stage.observed?.state === "ready" && stage.lane !== null && (stage.lane.upstreamLinked || (stage.index === 0 && isLinkedFrom(stage.lane, nodeId) === true)));
      if (last && isHeard(last.node) && last.observed?.state === "ready" && (linked || isUp)) say(last.nodeId, nodeId, linked);
    }
  }
  return words;
}

const pipelineOf = (route: ObservedIngress | null, revision: RevisionView, replica: number) => route?.pipelines.find((one) => one.epoch === revision.epoch && (one.replica ?? 1) === replica);

/** What it says is of now: of one that is late or lost the node itself is the trouble. */
const isHeard = (node: NodeView | null): boolean => node !== null && node.presence === "online" && node.connected;
