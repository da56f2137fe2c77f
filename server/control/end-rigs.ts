// Takes down rigs of analyses and load runs that no longer run: cancelled, failed, or cut short with the console that ran them.
import { endRig } from "../commands/analyze/rig.ts";
import type { Deps } from "../commands/deps.ts";
import { findAnalysis } from "../store/analyses.ts";
import { listDeployments } from "../store/deployments.ts";
import { findOperation } from "../store/operations.ts";

export async function endRigs(deps: Deps): Promise<void> {
  for (const { id, settings } of await listDeployments(deps.db)) {
    if (settings.rigOf === undefined) continue;
    const analysis = await findAnalysis(deps.db, settings.rigOf);
    const operation = await findOperation(deps.db, analysis?.operationId ?? settings.rigOf);
    if (operation?.status !== "running") await endRig(deps, id);
  }
}
