// Owns where what runs is not in the mode that its plan says: figures of a plan speak of its modes, so nothing predicted holds there. Pure.
import { modeText } from "../planner/mode-text.ts";
import { sameSession } from "../planner/node-modes.ts";
import { stagesOf } from "./migration.ts";
import type { DeploymentView, FleetSnapshot } from "./snapshot.ts";

/** In sentences, by stage of the revision that serves; agents that do not tell how their sessions run are believed. */
export function modeDrift(snapshot: FleetSnapshot, deployment: DeploymentView): string[] {
  const current = deployment.revisions.find((revision) => revision.revisionId === deployment.currentRevisionId);
  if (deployment.desired === "stopped" || !current) return [];
  return stagesOf(snapshot, deployment, current).flatMap(({ name, index, observed }, place) => {
    const planned = current.stages[place]?.session ?? deployment.settings.session;
    if (observed?.state !== "ready" || !observed.running || sameSession(observed.running.session, planned)) return [];
    return [`Stage ${index + 1} on ${name} runs with ${modeText(observed.running.session)}, its plan says ${modeText(planned)}.`];
  });
}
