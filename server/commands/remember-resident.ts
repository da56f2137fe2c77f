// Remembers what the processes of loaded stages hold, so that the next plan of the model is predicted by it. Called by one loop.
import { assignmentIdOf } from "../policy/stable-id.ts";
import type { FleetSnapshot } from "../policy/snapshot.ts";
import { type ResidentRecord, takeResident } from "../policy/take-resident.ts";
import { listResidentRecords, saveResidentRecords } from "../store/resident-ranges.ts";
import { liveFleet } from "../live/live-fleet.ts";
import type { Deps } from "./deps.ts";

export async function rememberResident(deps: Deps): Promise<void> {
  const { snapshot } = liveFleet(deps.db);
  if (!snapshot) return;
  const nowMs = deps.clock.now();
  for (const [modelId, seen] of residentNow(snapshot, nowMs)) {
    const records = takeResident(await listResidentRecords(deps.db, modelId), seen, nowMs);
    if (records) await saveResidentRecords(deps.db, modelId, records);
  }
}

/** By model: what ready stages hold on nodes that say so, the most of each range in each mode on each kind of machine. */
export function residentNow({ deployments, nodes }: Pick<FleetSnapshot, "deployments" | "nodes">, nowMs: number): Map<string, ResidentRecord[]> {
  const found = new Map<string, ResidentRecord[]>();
  for (const { deploymentId, model, revisions, settings } of deployments) {
    for (const stage of revisions.flatMap((revision) => revision.stages)) {
      const node = nodes.get(stage.nodeId);
      const observed = node?.assignments.find((one) => one.assignmentId === assignmentIdOf(deploymentId, stage));
      if (!node?.hardware || observed?.state !== "ready" || !observed.processBytes) continue;
      const { deviceClass, agentVersion, ortVersion } = node.hardware;
      const session = observed.running?.session ?? stage.session ?? settings.session;
      const record: ResidentRecord = { deviceClass, session, agentVersion, ortVersion, from: stage.from, to: stage.to, bytes: observed.processBytes, measuredAtMs: nowMs };
      found.set(model.modelId, [...(found.get(model.modelId) ?? []), record]);
    }
  }
  return found;
}
