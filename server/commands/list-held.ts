// Owns what running deployments hold of each node: memory as their plans predicted it, cores as their stages' samples tell.
import { modeText } from "../planner/mode-text.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { listDeployments, listUnfinishedMigrations } from "../store/deployments.ts";
import { listHeldStages } from "../store/held-stages.ts";
import type { HeldByDeployment } from "../topology/topology.ts";
import type { Deps } from "./deps.ts";

/** Older samples speak of the past. */
const FRESH_MS = 10_000;

/** By node id. While a deployment moves, both of its revisions are loaded. */
export async function listHeld(deps: Pick<Deps, "db" | "clock">): Promise<Map<string, HeldByDeployment[]>> {
  const [deployments, migrations] = await Promise.all([listDeployments(deps.db), listUnfinishedMigrations(deps.db)]);
  const running = new Set(deployments.filter((deployment) => deployment.desired === "running").map((deployment) => deployment.id));
  const revisionIds = [...deployments.filter((deployment) => running.has(deployment.id)).map((deployment) => deployment.currentRevisionId), ...migrations.filter((migration) => running.has(migration.deploymentId)).flatMap((migration) => [migration.fromRevisionId, migration.toRevisionId])];
  const held = new Map<string, HeldByDeployment[]>();
  const seen = new Set<string>();
  for (const { deploymentId, nodeId, from, to, session, memoryBytes } of await listHeldStages(deps.db, [...new Set(revisionIds.filter((id) => id !== null))])) {
    // A stage that both revisions have is one process.
    const key = `${deploymentId} ${nodeId} ${from} ${to} ${modeText(session)}`;
    if (seen.has(key)) continue;
    seen.add(key);
    const entries = held.get(nodeId) ?? [];
    const entry = entries.find((one) => one.deploymentId === deploymentId);
    if (entry) entry.bytes += memoryBytes;
    else entries.push({ deploymentId, bytes: memoryBytes, busyCores: busyCores(deps, nodeId, deploymentId) });
    held.set(nodeId, entries);
  }
  return held;
}

/** Cores its stages kept busy in the last sample: requests a second × seconds of computing each. */
function busyCores(deps: Pick<Deps, "db" | "clock">, nodeId: string, deploymentId: string): number {
  const live = liveFleet(deps.db).nodes.get(nodeId);
  if (!live?.sample || live.sampleSeconds <= 0 || deps.clock.now() - live.sampleAtMs > FRESH_MS) return 0;
  return live.sample.stages.filter((stage) => stage.deploymentId === deploymentId).reduce((sum, stage) => sum + ((stage.done / live.sampleSeconds) * (stage.computeMsP50 ?? 0)) / 1000, 0);
}
