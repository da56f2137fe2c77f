// Owns whose word is missing before "nothing in flight" may be believed of a revision: nodes that have not told this console what they run, and are expected to. Pure.
import type { NodeView, RevisionView } from "./snapshot.ts";

/** Presence bounds it: who is silent is lost soon, and a lost node is waited for no longer, whatever it may run on with. */
const isAwaited = (node: NodeView): boolean => node.presence !== "lost" && (!node.connected || node.untold === true);

/** Names of such nodes among those of its stages and entries, as a sentence; null = every one has told, is lost, or has left the fleet. */
export function unheardOf(revision: Pick<RevisionView, "stages" | "ingressNodeIds">, nodes: ReadonlyMap<string, NodeView>): string | null {
  const ids = new Set([...revision.ingressNodeIds, ...revision.stages.map((stage) => stage.nodeId)]);
  const names = [...ids].flatMap((id) => nodes.get(id) ?? []).filter(isAwaited).map((node) => node.name);
  return names.length === 0 ? null : `What is in flight is not known before ${names.join(", ")} ${names.length === 1 ? "is" : "are"} heard.`;
}
