// Owns which profiles plans of a model are made with: measured ones, whether they are stale, and for modes of a device class that were not an estimate from its
// other modes, else from what other models reached there. The API hands out the same list, so the canvas computes what the server does.
import { estimateMode } from "../model/estimate-mode.ts";
import type { ModelFacts } from "../model/model.ts";
import { profileStaleness } from "../model/profile-staleness.ts";
import { sameSession } from "../planner/node-modes.ts";
import { sessionModes } from "../planner/session-modes.ts";
import { listDevicePaces } from "../store/device-paces.ts";
import { listNodes } from "../store/nodes.ts";
import { listProfiles, type StoredProfile } from "../store/profiles.ts";
import type { Deps } from "./deps.ts";

export type PlanningProfile = StoredProfile & { nodeName: string | null; /** Why it is stale; null = fresh, or an estimate. */ stale: string | null };

/** Measured ones first, newest first. */
export async function listPlanningProfiles(deps: Pick<Deps, "db" | "clock">, model: { id: string; facts: ModelFacts }): Promise<PlanningProfile[]> {
  const [profiles, nodes] = await Promise.all([listProfiles(deps.db, model.id), listNodes(deps.db)]);
  const hardware = new Map(nodes.flatMap((node) => (node.observed ? [[node.observed.hardware.deviceClass, node.observed.hardware] as const] : [])));
  const known = profiles.map((profile): PlanningProfile => ({
    ...profile,
    nodeName: nodes.find((node) => node.id === profile.nodeId)?.name ?? null,
    stale: profileStaleness(profile, { ageMs: deps.clock.now() - Date.parse(profile.measuredAt ?? ""), versions: hardware.get(profile.deviceClass) ?? null }),
  }));
  const estimated: PlanningProfile[] = [];
  for (const [deviceClass, { cores }] of hardware) {
    const measured = known.filter((profile) => profile.kind === "measured" && profile.deviceClass === deviceClass);
    const missing = sessionModes(cores).filter((session) => !measured.some((profile) => sameSession(profile.session, session)));
    if (missing.length === 0) continue;
    const paces = await listDevicePaces(deps.db, deviceClass);
    for (const session of missing) {
      const profile = estimateMode(model.facts, { deviceClass, session, measured, paces });
      if (profile) estimated.push({ ...profile, id: `estimate/${deviceClass}/${session.intraOpThreads}`, nodeId: null, nodeName: null, stale: null });
    }
  }
  return [...known, ...estimated];
}
