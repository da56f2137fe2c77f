// Owns which of a deployment's entries share what it lets in altogether: a key's quota, and the rate of a deployment that sheds. Pure.
import type { FleetSnapshot } from "./snapshot.ts";

/**
 * Of `enteredAt`, as `nodeId` is told. A lost entry lets nobody in: what would be its share is the others'. One that is lost to the console alone goes on with what it heard last and keeps its share.
 * A lost one is told for the moment it is back: a share as though none were lost, so that it takes no more than its part before the others hear of it.
 */
export function sharingEntries({ nodes }: Pick<FleetSnapshot, "nodes">, enteredAt: readonly string[], nodeId: string): string[] {
  const there = enteredAt.filter((id) => {
    const node = nodes.get(id);
    return node !== undefined && (node.presence !== "lost" || node.serves === true);
  });
  return there.includes(nodeId) ? there : [...enteredAt];
}
