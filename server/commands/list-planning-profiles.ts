// Owns which profiles plans of a model are made with: measured ones, whether they are stale, and for device classes that never measured it an estimate from what other
// models reached there. The API hands out the same list, so the canvas computes what the server does.
import { deviceRates } from "../model/device-rates.ts";
import { estimateProfile } from "../model/estimate-profile.ts";
import type { ModelFacts } from "../model/model.ts";
import { profileStaleness } from "../model/profile-staleness.ts";
import { DEFAULT_SESSION } from "../planner/default-session.ts";
import { sameSession } from "../planner/problem.ts";
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
  for (const deviceClass of hardware.keys()) {
    if (known.some((profile) => profile.kind === "measured" && profile.deviceClass === deviceClass && sameSession(profile.session, DEFAULT_SESSION))) continue;
    const rates = deviceRates(await listDevicePaces(deps.db, deviceClass));
    if (rates) estimated.push({ ...estimateProfile(model.facts, { deviceClass, rates }), id: `estimate/${deviceClass}`, nodeId: null, nodeName: null, stale: null });
  }
  return [...known, ...estimated];
}
