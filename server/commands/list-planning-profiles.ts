// Owns which profiles plans of a model are made with: measured ones, whether they are stale, and for modes of a device class that were not an estimate from its
// other modes, else from what other models reached there. The API hands out the same list, so the canvas computes what the server does.
import { estimateMode } from "../model/estimate-mode.ts";
import type { ModelFacts } from "../model/model.ts";
import type { ResidentRange } from "../model/profile.ts";
import { profileStaleness } from "../model/profile-staleness.ts";
import { sameSession } from "../planner/node-modes.ts";
import { sessionModes } from "../planner/session-modes.ts";
import { listDevicePaces } from "../store/device-paces.ts";
import { listNodes } from "../store/nodes.ts";
import { listProfiles, type StoredProfile } from "../store/profiles.ts";
import type { ResidentRecord } from "../policy/take-resident.ts";
import { listResidentRecords } from "../store/resident-ranges.ts";
import type { Deps } from "./deps.ts";

export type PlanningProfile = StoredProfile & { nodeName: string | null; /** Why it is stale; null = fresh, or an estimate. */ stale: string | null };

/** What was seen longer ago says little of the versions of now: the estimate counts again. */
const MAX_RESIDENT_AGE_MS = 30 * 24 * 3_600_000;

/** Measured ones first, newest first. */
export async function listPlanningProfiles(deps: Pick<Deps, "db" | "clock">, model: { id: string; facts: ModelFacts }): Promise<PlanningProfile[]> {
  const [profiles, nodes, resident] = await Promise.all([listProfiles(deps.db, model.id), listNodes(deps.db), listResidentRecords(deps.db, model.id)]);
  const hardware = new Map(nodes.flatMap((node) => (node.observed ? [[node.observed.hardware.deviceClass, node.observed.hardware] as const] : [])));
  const known = profiles.map((profile): PlanningProfile => ({
    ...profile,
    ...residentOf(profile, resident, { nowMs: deps.clock.now(), versions: hardware.get(profile.deviceClass) ?? null }),
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

/** What its loaded stages were seen to hold; what the measuring process held stands in until one is. */
function residentOf(profile: StoredProfile, records: readonly ResidentRecord[], { nowMs, versions }: { nowMs: number; versions: Pick<ResidentRecord, "agentVersion" | "ortVersion"> | null }): Pick<StoredProfile, "resident"> {
  const own = records.filter((record) => profile.kind === "measured" && record.deviceClass === profile.deviceClass && sameSession(record.session, profile.session) && (versions === null || (record.agentVersion === versions.agentVersion && record.ortVersion === versions.ortVersion)) && nowMs - record.measuredAtMs < MAX_RESIDENT_AGE_MS);
  const resident = [...(profile.resident ?? []), ...own.map(({ from, to, bytes, measuredAtMs }): ResidentRange => ({ from, to, bytes, source: "stage", measuredAt: new Date(measuredAtMs).toISOString() }))];
  return resident.length > 0 ? { resident } : {};
}
