// Has models measured by themselves, one node for each connected device class. First the whole model, at once; then, while the node serves nothing, its segments in every
// mode; and all of it again when what was measured has become stale.
import { liveFleet } from "../live/live-fleet.ts";
import { profileStaleness } from "../model/profile-staleness.ts";
import { DEFAULT_SESSION } from "../planner/default-session.ts";
import { listMeasureTasks } from "../store/measure-tasks.ts";
import { listNodes, type StoredNode } from "../store/nodes.ts";
import { findMeasuredProfile } from "../store/profiles.ts";
import { findSetting, saveSetting } from "../store/settings.ts";
import type { Deps } from "./deps.ts";
import { type MeasureDepth, profileModel } from "./profile-model.ts";

/** Tasks one node may have waiting: it runs them one after the other. */
const MAX_TASKS_PER_NODE = 8;
/** What is stale is asked for again not more often than this, in case it can't be measured any more. */
const STALE_RETRY_MS = 24 * 3_600_000;

/** One node of a device class is enough: its profile speaks for the others. */
export async function requestMissingMeasures(deps: Deps): Promise<void> {
  const fleet = liveFleet(deps.db);
  const nodes = onePerDeviceClass((await listNodes(deps.db)).filter((node) => node.observed && node.approvedAt !== null && fleet.nodes.get(node.id)?.connected));
  if (nodes.length === 0) return;
  const models = await deps.db.model.findMany({ where: { deletedAt: null, status: "ready" }, select: { id: true } });
  for (const model of models) {
    const missing: Record<MeasureDepth, StoredNode[]> = { whole: [], segments: [] };
    for (const node of nodes) {
      const depth = await missingDepth(deps, model.id, node);
      if (depth !== null) missing[depth].push(node);
    }
    for (const depth of ["whole", "segments"] as const) {
      if (missing[depth].length === 0) continue;
      await profileModel(deps, { id: model.id, nodeIds: missing[depth].map((node) => node.id), depth }, "control");
      for (const node of missing[depth]) await saveSetting(deps.db, attemptKey(model.id, deviceClassOf(node), depth), { at: new Date(deps.clock.now()).toISOString() });
    }
  }
}

/** The next thing to measure of a model on a node, or null. */
async function missingDepth(deps: Deps, modelId: string, node: StoredNode): Promise<MeasureDepth | null> {
  const deviceClass = deviceClassOf(node);
  // What failed once is asked for again by a person, or when it has become stale.
  const attemptedMs = async (depth: MeasureDepth) => {
    const attempt = await findSetting<{ at: string }>(deps.db, attemptKey(modelId, deviceClass, depth));
    return attempt === null ? null : Date.parse(attempt.at);
  };
  const tasks = await listMeasureTasks(deps.db, node.id);
  if (tasks.length >= MAX_TASKS_PER_NODE || tasks.some((stored) => stored.task.modelId === modelId)) return null;
  const profile = await findMeasuredProfile(deps.db, modelId, { deviceClass, session: DEFAULT_SESSION });
  if (profile === null) return (await attemptedMs("whole")) === null ? "whole" : null;
  const last = await attemptedMs("segments");
  if (last === null) return "segments";
  const hardware = node.observed?.hardware ?? null;
  const stale = profileStaleness(profile, { ageMs: deps.clock.now() - Date.parse(profile.measuredAt ?? ""), versions: hardware });
  return stale !== null && deps.clock.now() - last > STALE_RETRY_MS ? "segments" : null;
}

function attemptKey(modelId: string, deviceClass: string, depth: MeasureDepth): string {
  return `measure-attempt/${modelId}/${deviceClass}${depth === "whole" ? "" : `/${depth}`}`;
}

function onePerDeviceClass(nodes: StoredNode[]): StoredNode[] {
  return nodes.filter((node, index) => nodes.findIndex((other) => deviceClassOf(other) === deviceClassOf(node)) === index);
}

function deviceClassOf(node: StoredNode): string {
  return node.observed?.hardware.deviceClass ?? "";
}
