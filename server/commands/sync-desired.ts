// Brings each node's desired document up to date: what changed gets a higher version, in its row first, then in memory, then to its connection.
import { createHash } from "node:crypto";
import type { Desired } from "../../agents/protocol/control.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { canonicalJson } from "../planner/canonical-json.ts";
import { desiredOf } from "../policy/desired.ts";
import type { FleetSnapshot } from "../policy/snapshot.ts";
import type { Deps } from "./deps.ts";

/** Documents looked at in one go: with a thousand nodes the event loop must breathe in between. */
const DOCUMENTS_PER_TURN = 50;

type VersionRow = { id: string; desiredVersion: number; desiredHash: string };

/** Returns how many documents are new. */
export async function syncDesired(deps: Deps, snapshot: FleetSnapshot): Promise<number> {
  const fleet = liveFleet(deps.db);
  const wanted = desiredOf(snapshot);
  let rows: Map<string, VersionRow> | null = null;
  let changed = 0;
  let looked = 0;
  for (const [nodeId, content] of wanted) {
    if (++looked % DOCUMENTS_PER_TURN === 0) await new Promise((resolve) => setImmediate(resolve));
    // Documents are built in one order, so equal text is the cheap sign of "nothing new"; the hash, of sorted keys, is what rows keep.
    const text = createHash("sha1").update(JSON.stringify(content)).digest("base64");
    const entry = fleet.desired.get(nodeId);
    if (entry?.text === text) continue;
    const hash = createHash("sha256").update(canonicalJson(content)).digest("hex");
    if (entry?.hash === hash) {
      entry.text = text;
      continue;
    }
    rows ??= await readVersions(deps);
    const row = rows.get(nodeId);
    if (!row) continue;
    const version = row.desiredHash === hash ? row.desiredVersion : row.desiredVersion + 1;
    if (version !== row.desiredVersion) {
      // Conditional: a hello may have raised it meanwhile; the next round then starts from there.
      const written = await deps.db.node.updateMany({ where: { id: nodeId, desiredVersion: row.desiredVersion }, data: { desiredVersion: version, desiredHash: hash } });
      if (written.count === 0) continue;
    }
    const document: Desired = { version, nodeId, ...content };
    fleet.desired.set(nodeId, { document, hash, text });
    changed++;
    for (const listener of fleet.desiredListeners) listener(nodeId, document);
  }
  return changed;
}

async function readVersions(deps: Deps): Promise<Map<string, VersionRow>> {
  const rows = await deps.db.node.findMany({ where: { removedAt: null }, select: { id: true, desiredVersion: true, desiredHash: true } });
  return new Map(rows.map((row) => [row.id, row]));
}
