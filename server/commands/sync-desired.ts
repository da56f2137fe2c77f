// Brings each node's desired document up to date: what changed gets a higher version, in its row first, then in memory, then to its connection.
import { createHash } from "node:crypto";
import { type DesiredEntry, liveFleet } from "../live/live-fleet.ts";
import { canonicalJson } from "../planner/canonical-json.ts";
import { type DesiredContent, desiredOf } from "../policy/desired.ts";
import type { FleetSnapshot } from "../policy/snapshot.ts";
import { saveDesiredDocuments } from "../store/desired-documents.ts";
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
  const documents = await deps.publisher.transact(async (tx) => {
    const written = await raiseDesiredVersions(tx, raised);
    const made = changes.flatMap(({ nodeId, content, hash, text }): (DesiredEntry & { nodeId: string })[] => {
      const row = rows.get(nodeId);
      const isRaised = row !== undefined && row.desiredHash !== hash;
      if (!row || (isRaised && !written.has(nodeId))) return [];
      return [{ nodeId, document: { version: row.desiredVersion + (isRaised ? 1 : 0), nodeId, ...content }, hash, text }];
    });
    // Who is alone has them in memory.
    if (deps.peers) await saveDesiredDocuments(tx, made.map(({ nodeId, document, hash }) => ({ nodeId, version: document.version, hash, document })));
    return made;
  });
  for (const { nodeId, ...entry } of documents) {
    fleet.desired.set(nodeId, entry);
    for (const listener of fleet.desiredListeners) listener(nodeId, entry.document);
  }
  if (documents.length > 0) deps.peers?.tell({ kind: "desired", nodeIds: documents.map((one) => one.nodeId) });
  return documents.length;
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
