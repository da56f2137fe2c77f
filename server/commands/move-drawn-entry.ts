// Draws where requests enter at another node, so that plans from now on count the ways from there.
import { AppError } from "../errors.ts";
import { findTopology } from "../store/topologies.ts";
import type { Actor, Deps } from "./deps.ts";
import { findOrThrow } from "./find-or-throw.ts";
import { saveTopology } from "./save-topology.ts";

/** Somebody may be drawing meanwhile: their save comes first, ours is made on it. */
const ATTEMPTS_MAX = 5;

/** Does nothing where the drawing is entered at another node than the drained one already, or at none. @throws AppError not-found, conflict */
export async function moveDrawnEntry(deps: Deps, input: { topologyId: string; fromNodeId: string; toDrawnId: string; actor: Actor }): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const { revision, document } = await findOrThrow(findTopology(deps.db, input.topologyId), "topology", input.topologyId);
    const source = document.nodes.find((node) => node.id === document.sourceId);
    if (source?.nodeId !== input.fromNodeId || !document.nodes.some((node) => node.id === input.toDrawnId)) return;
    try {
      await saveTopology(deps, { id: input.topologyId, baseRevision: revision, document: { ...document, sourceId: input.toDrawnId } }, input.actor);
      return;
    } catch (error) {
      if (!(error instanceof AppError && error.code === "conflict") || attempt >= ATTEMPTS_MAX) throw error;
    }
  }
}
