// Owns how far a stop is: what is in flight finishes (drain), then the segments are unloaded (retire). Pure.
import { activeRevisions, inFlightOf } from "./desired.ts";
import { stagesOf } from "./migration.ts";
import type { DeploymentView, FleetSnapshot } from "./snapshot.ts";

/** `state`: "unloaded" once a connected node reports nothing of the segment; "unknown" while its node is away. */
export type StoppedStage = { nodeId: string; nodeName: string; assignmentId: string; from: number; to: number; state: "drains" | "unloads" | "unloaded" | "unknown"; inFlight: number };
export type StopProgress = {
  step: "drain" | "retire";
  inFlight: number;
  stages: StoppedStage[];
  /** It can still be called off: nothing has been told to unload, and something served. */
  cancellable: boolean;
  detail: string;
};

export function stopProgress(snapshot: FleetSnapshot, deployment: DeploymentView): StopProgress {
  const step = activeRevisions(deployment, snapshot.nodes, snapshot.nowMs).length > 0 ? "drain" : "retire";
  const inFlight = deployment.revisions.reduce((sum, revision) => sum + inFlightOf(deployment, revision, snapshot.nodes), 0);
  // A segment that two revisions run on one node is one process.
  const stages = new Map<string, StoppedStage>();
  for (const revision of deployment.revisions) for (const [index, { nodeId, name, node, assignmentId, observed, lane }] of stagesOf(snapshot, deployment, revision).entries()) {
    const state = !node?.connected ? "unknown" : !observed ? "unloaded" : step === "drain" ? "drains" : "unloads";
    const { from, to } = revision.stages[index] ?? { from: 0, to: 0 };
    stages.set(assignmentId, { nodeId, nodeName: name, assignmentId, from, to, state, inFlight: (stages.get(assignmentId)?.inFlight ?? 0) + (lane?.inFlight ?? 0) });
  }
  const all = [...stages.values()];
  return { step, inFlight, stages: all, cancellable: step === "drain" && deployment.currentRevisionId !== null, detail: detailOf(step, inFlight, all) };
}

function detailOf(step: StopProgress["step"], inFlight: number, stages: readonly StoppedStage[]): string {
  if (step === "drain") return inFlight > 0 ? `${inFlight} ${inFlight === 1 ? "request" : "requests"} in flight.` : "Nothing is in flight; the nodes' last reports are awaited.";
  const holding = [...new Set(stages.filter((stage) => stage.state === "unloads").map((stage) => stage.nodeName))];
  return holding.length > 0 ? `${holding.join(", ")} still ${holding.length === 1 ? "unloads" : "unload"}.` : "Every segment is unloaded.";
}
