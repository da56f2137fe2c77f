// Owns what a move brought over the network so far, and who gave it, as the new revision's nodes tell. Pure.
import { ingressOf, stagesOf } from "./migration.ts";
import type { DeploymentView, FleetSnapshot, RevisionView } from "./snapshot.ts";

/** `fromNodeId` null = the console. */
export type MovedBytes = { fromNodeId: string | null; toNodeId: string; bytes: number };

/** Each pair once, the most first; null = one of the nodes does not tell. An agent that starts anew tells of what came since. */
export function movedBytes(snapshot: FleetSnapshot, deployment: DeploymentView, old: RevisionView | null, next: RevisionView): MovedBytes[] | null {
  // What the old revision has loaded was fetched for it.
  const before = new Set(old ? stagesOf(snapshot, deployment, old).map((stage) => stage.assignmentId) : []);
  const moved = new Map<string, MovedBytes>();
  const add = (toNodeId: string, given: readonly { nodeId: string | null; bytes: number }[]) => {
    for (const { nodeId, bytes } of given) {
      const key = `${nodeId}>${toNodeId}`;
      moved.set(key, { fromNodeId: nodeId, toNodeId, bytes: (moved.get(key)?.bytes ?? 0) + bytes });
    }
  };
  const fresh = stagesOf(snapshot, deployment, next).filter((stage) => !before.has(stage.assignmentId));
  for (const { nodeId, observed } of new Map(fresh.map((stage) => [stage.assignmentId, stage])).values()) {
    if (!observed) continue;
    if (observed.bytesFrom === undefined) return null;
    add(nodeId, observed.bytesFrom);
  }
  for (const { nodeId, route } of ingressOf(snapshot, deployment, next.ingressNodeIds)) {
    if (!route) continue;
    if (route.fetchedFiles === undefined) return null;
    const isNew = !old?.ingressNodeIds.includes(nodeId);
    for (const { digest, from } of route.fetchedFiles) if (isNew || digest === next.parityFile?.digest) add(nodeId, from);
  }
  return [...moved.values()].sort((a, b) => b.bytes - a.bytes);
}

/** Of two looks at one move: an agent that started anew in between forgets what came before. */
export function mostMoved(before: readonly MovedBytes[] | null, now: readonly MovedBytes[] | null): MovedBytes[] | null {
  const known = now ?? before;
  if (!before || !now) return known && [...known];
  const most = new Map(before.map((one) => [`${one.fromNodeId}>${one.toNodeId}`, one]));
  for (const one of now) {
    const key = `${one.fromNodeId}>${one.toNodeId}`;
    if (one.bytes > (most.get(key)?.bytes ?? -1)) most.set(key, one);
  }
  return [...most.values()].sort((a, b) => b.bytes - a.bytes);
}
