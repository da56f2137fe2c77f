// Owns what agents say of the links that a deployment's requests cross: whether each receiver is through to its sender. Pure.
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
  for (const [at, { index, nodeId, node, observed, lane }] of stages.entries()) {
    if (!isHeard(node) || !lane || (observed?.state !== "ready" && observed?.state !== "draining")) continue;
    const before = index === 0 ? null : stages[at - 1];
    if (before ? !isHeard(before.node) || before.observed?.state !== "ready" : entries.some((entry) => !isHeard(entry.node) || entry.route?.error !== null)) continue;
    const senders = before ? [before.nodeId] : entries.map((entry) => entry.nodeId);
    for (const from of senders) {
      const linked = senders.length === 1 ? lane.upstreamLinked : isLinkedFrom(lane, from);
      if (linked !== null) say(from, nodeId, linked);
    }
  }
  for (const { nodeId, node, route } of entries) {
    if (!isHeard(node) || !route || route.error !== null) continue;
    for (const { epoch, replica = 1, linked } of route.pipelines) {
      const last = stages.findLast((stage) => stage.replica === replica);
      if (epoch === revision.epoch && last && isHeard(last.node) && last.observed?.state === "ready") say(last.nodeId, nodeId, linked);
    }
  }
  return words;
}

/** What it says is of now: of one that is late or lost the node itself is the trouble. */
const isHeard = (node: NodeView | null): boolean => node !== null && node.presence === "online" && node.connected;
