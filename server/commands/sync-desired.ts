// Brings each node's desired document up to date: what changed gets a higher version, in its row first, then in memory, then to its connection.
import { createHash } from "node:crypto";
import type { Desired } from "../../agents/protocol/control.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { canonicalJson } from "../planner/canonical-json.ts";
import { type DesiredContent, desiredOf } from "../policy/desired.ts";
import type { FleetSnapshot } from "../policy/snapshot.ts";
import { raiseDesiredVersions, readDesiredVersions } from "../store/nodes.ts";
import type { Deps } from "./deps.ts";

/** Documents looked at in one go: with a thousand nodes the event loop must breathe in between. */
const DOCUMENTS_PER_TURN = 50;

type Change = { nodeId: string; content: DesiredContent; hash: string; text: string };

/** Returns how many documents are new. */
export async function syncDesired(deps: Deps, snapshot: FleetSnapshot): Promise<number> {
  const fleet = liveFleet(deps.db);
  const changes = await findChanges(deps, snapshot);
  if (changes.length === 0) return 0;
  const rows = await readDesiredVersions(deps.db);
  const raised = changes.flatMap(({ nodeId, hash }) => {
    const row = rows.get(nodeId);
    return row && row.desiredHash !== hash ? [{ id: nodeId, from: row.desiredVersion, hash }] : [];
  });
  // Conditional: a hello may have raised a version meanwhile; the next round then starts from there.
  const written = await raiseDesiredVersions(deps.db, raised);
  let told = 0;
  for (const { nodeId, content, hash, text } of changes) {
    const row = rows.get(nodeId);
    const isRaised = row !== undefined && row.desiredHash !== hash;
    if (!row || (isRaised && !written.has(nodeId))) continue;
    const document: Desired = { version: row.desiredVersion + (isRaised ? 1 : 0), nodeId, ...content };
    fleet.desired.set(nodeId, { document, hash, text });
    told++;
    for (const listener of fleet.desiredListeners) listener(nodeId, document);
  }
  return told;
}

async function findChanges(deps: Deps, snapshot: FleetSnapshot): Promise<Change[]> {
  const fleet = liveFleet(deps.db);
  const changes: Change[] = [];
  let looked = 0;
  for (const [nodeId, content] of desiredOf(snapshot)) {
    if (++looked % DOCUMENTS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    // Documents are built in one order, so equal text is the cheap sign of "nothing new"; the hash, of sorted keys, is what rows keep.
    const text = createHash("sha1").update(JSON.stringify(content)).digest("base64");
    const entry = fleet.desired.get(nodeId);
    if (entry?.text === text) continue;
    const hash = createHash("sha256").update(canonicalJson(content)).digest("hex");
    if (entry?.hash === hash) entry.text = text;
    else changes.push({ nodeId, content, hash, text });
  }
  return changes;
}
