// Writes what reports changed since the last time: observed rows, links, measured profiles, and the events they made. Called by one loop.
// What could not be written stays where it was and is written next time.
import { type LiveFleet, liveFleet } from "../live/live-fleet.ts";
import { saveLinks } from "../store/links.ts";
import { type ObservedChange, touchNodes, updateObserved } from "../store/nodes.ts";
import type { Deps } from "./deps.ts";
import { flushKeyCounts } from "./flush-key-counts.ts";
import { recordMeasurement } from "./record-measurement.ts";

/** Events of one transaction: the event log's lock is held while they are written. */
const MAX_EVENTS_PER_FLUSH = 200;

export async function flushObserved(deps: Deps): Promise<void> {
  const fleet = liveFleet(deps.db);
  await flushNodes(deps, fleet);
  await flushLinks(deps, fleet);
  await flushKeyCounts(deps);
  while (fleet.pendingEvents.length > 0) {
    const batch = fleet.pendingEvents.slice(0, MAX_EVENTS_PER_FLUSH);
    await deps.publisher.transact(async (_tx, append) => {
      for (const event of batch) await append(event);
    });
    // By what was written, not by number: at its limit the list loses its oldest meanwhile.
    const written = new Set(batch);
    fleet.pendingEvents = fleet.pendingEvents.filter((event) => !written.has(event));
  }
  // An answered task leaves the node's desired state, and with it the node's reports; until then the answer is looked up and found taken.
  let failure: unknown = null;
  for (const live of fleet.nodes.values()) {
    for (const measure of live.via === null ? live.measures : []) {
      // One answer that can't be written keeps nobody else's back.
      await recordMeasurement(deps, live.nodeId, measure).catch((error: unknown) => {
        failure ??= error;
      });
    }
  }
  if (failure !== null) throw failure;
}

/** Signs of life of everybody connected, in one statement: who reads the database alone must not take them for silent. */
export async function flushSignsOfLife(deps: Deps): Promise<void> {
  const fleet = liveFleet(deps.db);
  const connected = [...fleet.nodes.values()].filter((live) => live.connected && live.via === null && deps.clock.now() - live.lastSeenAtMs < 3_000);
  await touchNodes(deps.db, connected.map((live) => live.nodeId), new Date(deps.clock.now()));
}

async function flushNodes(deps: Deps, fleet: LiveFleet): Promise<void> {
  const dirty = [...fleet.nodes.values()].filter((live) => live.dirty);
  if (dirty.length === 0) return;
  for (const live of dirty) live.dirty = false;
  const changes = dirty.map((live): ObservedChange => {
    const measures = live.measures.map((measure) => ({ ...measure, result: null }));
    return { nodeId: live.nodeId, cursor: live.cursor, lastSeenAt: new Date(live.lastSeenAtMs), assignments: live.assignments, ingress: live.ingress, measures };
  });
  try {
    await updateObserved(deps.db, changes);
  } catch (error) {
    for (const live of dirty) live.dirty = true;
    throw error;
  }
}

async function flushLinks(deps: Deps, fleet: LiveFleet): Promise<void> {
  const keys = [...fleet.dirtyLinks];
  if (keys.length === 0) return;
  const links = keys.flatMap((key) => {
    const [fromNodeId = "", toNodeId = ""] = key.split(">");
    const link = fleet.links.get(key);
    if (!link || link.measuredAt === "" || !fleet.snapshot?.nodes.has(toNodeId)) return [];
    const { bytesPerSecond: _now, ...figures } = link;
    return [{ fromNodeId, toNodeId, ...figures }];
  });
  await saveLinks(deps.db, links);
  for (const key of keys) fleet.dirtyLinks.delete(key);
}
