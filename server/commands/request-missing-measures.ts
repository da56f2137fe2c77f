// Has models measured by themselves: for every model and every connected device class that has no measured profile and was not tried before.
import { liveFleet } from "../live/live-fleet.ts";
import { canonicalJson } from "../planner/canonical-json.ts";
import { DEFAULT_SESSION } from "../planner/default-session.ts";
import { listMeasureTasks } from "../store/measure-tasks.ts";
import { listNodes, type StoredNode } from "../store/nodes.ts";
import { findSetting, saveSetting } from "../store/settings.ts";
import type { Deps } from "./deps.ts";
import { profileModel } from "./profile-model.ts";

/** Tasks one node may have waiting: it runs them one after the other. */
const MAX_TASKS_PER_NODE = 8;

/** One node of a device class is enough: its profile speaks for the others. */
export async function requestMissingMeasures(deps: Deps): Promise<void> {
  const fleet = liveFleet(deps.db);
  const nodes = onePerDeviceClass((await listNodes(deps.db)).filter((node) => node.observed && node.approvedAt !== null && fleet.nodes.get(node.id)?.connected));
  if (nodes.length === 0) return;
  const models = await deps.db.model.findMany({ where: { deletedAt: null, status: "ready" }, select: { id: true } });
  for (const model of models) {
    const missing: StoredNode[] = [];
    for (const node of nodes) if (await isMissing(deps, model.id, node)) missing.push(node);
    if (missing.length === 0) continue;
    await profileModel(deps, { id: model.id, nodeIds: missing.map((node) => node.id) }, "control");
    for (const node of missing) await saveSetting(deps.db, attemptKey(model.id, deviceClassOf(node)), { at: new Date(deps.clock.now()).toISOString() });
  }
}

async function isMissing(deps: Deps, modelId: string, node: StoredNode): Promise<boolean> {
  const deviceClass = deviceClassOf(node);
  // One automatic attempt: what failed once is asked for again by a person.
  if ((await findSetting(deps.db, attemptKey(modelId, deviceClass))) !== null) return false;
  if ((await listMeasureTasks(deps.db, node.id)).length >= MAX_TASKS_PER_NODE) return false;
  const mode = canonicalJson(DEFAULT_SESSION);
  return (await deps.db.profile.findFirst({ where: { modelId, deviceClass, mode, kind: "measured" }, select: { id: true } })) === null;
}

function attemptKey(modelId: string, deviceClass: string): string {
  return `measure-attempt/${modelId}/${deviceClass}`;
}

function onePerDeviceClass(nodes: StoredNode[]): StoredNode[] {
  return nodes.filter((node, index) => nodes.findIndex((other) => deviceClassOf(other) === deviceClassOf(node)) === index);
}

function deviceClassOf(node: StoredNode): string {
  return node.observed?.hardware.deviceClass ?? "";
}
