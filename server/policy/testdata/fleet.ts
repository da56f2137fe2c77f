// A deployment of two stages on two nodes, and what a node reports of it, for the tests of decisions.
import type { ObservedAssignment, ObservedIngress } from "../../../agents/protocol/control.ts";
import type { DeploymentView, FleetSnapshot, MigrationState, NodeView, RevisionView } from "../snapshot.ts";
import { assignmentIdOf, laneIdOf } from "../stable-id.ts";

export const NOW_MS = 1_000_000;
const DEPLOYMENT = "dep_1";

/** Stage k runs on `nodeIds[k]`; the same segments whatever the nodes. */
export function revision(number: number, nodeIds: string[], ingressNodeIds = ["a"]): RevisionView {
  const stages = nodeIds.map((nodeId, index) => ({
    from: index, to: index + 1, nodeId, segmentId: `seg_${index}`, sends: [`t${index}`], warmShapes: [],
    segment: { segmentId: `seg_${index}`, skeletonDigest: "d", skeletonBytes: 1, files: [], inputs: [], outputs: [], memoryBytes: 1, states: [] },
  }));
  const parity = { status: "equal" as const, maxRelError: 1e-7, tolerance: 1e-5, perOutput: [], inputs: "picture", checkedAt: "" };
  return { revisionId: `rev_${number}`, number, epoch: number, ingressNodeIds, stages, parity, parityFile: { digest: "f".repeat(64), bytes: 10 } };
}

/** The stages of `nodeIds` and, beside them, those of further replicas on theirs. */
export function replicated(number: number, ...replicas: string[][]): RevisionView {
  const all = replicas.map((nodeIds) => revision(number, nodeIds));
  return { ...all[0]!, stages: all.flatMap(({ stages }, index) => stages.map((stage) => (index === 0 ? stage : { ...stage, replica: index + 1 }))), replicaRates: replicas.map((_, index) => 10 * (index + 1)) };
}

export function deployment(revisions: RevisionView[], more: Partial<DeploymentView> = {}): DeploymentView {
  return {
    deploymentId: DEPLOYMENT, name: "upright", desired: "running", currentRevisionId: revisions[0]?.revisionId ?? null,
    settings: { ingressNodeIds: ["a"], session: { intraOpThreads: 1, optimization: "all", provider: "cpu" }, stoppedAtMs: null, limits: { maxInFlight: 8, maxRequestBytes: 1000, defaultDeadlineMs: 1000, maxDeadlineMs: 10_000, queueLength: 8, maxFrameBytes: 1000 } },
    model: { modelId: "mdl_1", inputs: [{ name: "x", dataType: "float32", shape: [1] }, { name: "h", dataType: "float32", shape: [1] }], outputs: [], states: [{ input: "h", output: "hn", dataType: "float32", shape: [1] }], processor: null, processorFiles: [] },
    keyHashes: [], ownKeys: [], revisions, migration: null, formerEntries: [], lastFailure: null, ...more,
  };
}

/** From revision 1 (or none) to the last one, in `state` since the beginning. */
export function moving(revisions: RevisionView[], state: MigrationState, more: { cancelRequested?: boolean; first?: boolean; stateSinceMs?: number } = {}): DeploymentView {
  const from = more.first ? null : (revisions[0]?.revisionId ?? null);
  return deployment(revisions, {
    currentRevisionId: from,
    migration: { migrationId: "mig_1", fromRevisionId: from, toRevisionId: revisions.at(-1)?.revisionId ?? "", state, stateSinceMs: more.stateSinceMs ?? NOW_MS - 2_000, cancelRequested: more.cancelRequested ?? false, operationId: "opn_1", reason: "Moved by hand." },
  });
}

export function node(nodeId: string, more: Partial<NodeView> = {}): NodeView {
  return { nodeId, name: `node ${nodeId}`, cordoned: false, presence: "online", connected: true, hardware: null, data: { host: nodeId, port: 1 }, assignments: [], ingress: [], measures: [], ...more };
}

/** The nodes report every given revision as ready and linked, and the ingress on a as serving `epoch`. */
export function snapshot(one: DeploymentView, nodes: NodeView[], nowMs = NOW_MS): FleetSnapshot {
  return { nowMs, nodes: new Map(nodes.map((each) => [each.nodeId, each])), deployments: [one], measurements: [] };
}

export function reportReady(nodes: NodeView[], revisions: RevisionView[], more: { state?: ObservedAssignment["state"]; inFlight?: number; linked?: boolean } = {}): NodeView[] {
  return nodes.map((each) => {
    const assignments = new Map<string, ObservedAssignment>();
    for (const { revisionId, epoch, stages } of revisions) {
      for (const [index, stage] of stages.entries()) {
        if (stage.nodeId !== each.nodeId) continue;
        const assignmentId = assignmentIdOf(DEPLOYMENT, stage);
        const known = assignments.get(assignmentId) ?? { assignmentId, segmentId: stage.segmentId, state: more.state ?? "ready", bytesDone: 0, bytesTotal: 0, bytesPerSecond: 0, loadMs: null, warmMs: null, residentBytes: null, restarts: 0, lanes: [], error: null };
        known.lanes.push({ laneId: laneIdOf(revisionId, index), epoch, upstreamLinked: more.linked ?? true, inFlight: more.inFlight ?? 0 } as ObservedAssignment["lanes"][number]);
        assignments.set(assignmentId, known);
      }
    }
    return { ...each, assignments: [...assignments.values()] };
  });
}

export function reportIngress(each: NodeView, epochs: number[], currentEpoch: number | null, more: Partial<ObservedIngress> = {}): NodeView {
  return { ...each, ingress: [{ deploymentId: DEPLOYMENT, currentEpoch, url: "http://a", pipelines: epochs.map((epoch) => ({ epoch, linked: true, inFlight: 0 })), verify: null, error: null, ...more }] };
}
