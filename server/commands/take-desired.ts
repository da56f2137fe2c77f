// Takes documents another console's loops wrote into memory, for the agents that are connected here; their connections are told.
import { liveFleet } from "../live/live-fleet.ts";
import { listDesiredDocuments, listDesiredVersions } from "../store/desired-documents.ts";
import type { Deps } from "./deps.ts";

/** Returns how many were newer than what was known. */
export async function takeDesired(deps: Pick<Deps, "db">): Promise<number> {
  const fleet = liveFleet(deps.db);
  const here = [...fleet.nodes.values()].filter((live) => live.connected && live.via === null).map((live) => live.nodeId);
  if (here.length === 0) return 0;
  const versions = await listDesiredVersions(deps.db, here);
  const knownOf = (nodeId: string) => fleet.desired.get(nodeId)?.document.version ?? -1;
  const newer = here.filter((nodeId) => (versions.get(nodeId) ?? -1) > knownOf(nodeId));
  if (newer.length === 0) return 0;
  let taken = 0;
  for (const { nodeId, document, hash } of await listDesiredDocuments(deps.db, newer)) {
    if (document.version <= knownOf(nodeId)) continue;
    fleet.desired.set(nodeId, { document, hash, text: "" });
    taken++;
    for (const listener of fleet.desiredListeners) listener(nodeId, document);
  }
  return taken;
}
