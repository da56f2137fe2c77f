// Owns what a request is refused for by its head alone, before its message has come: what its message could say would not change it. Where that is not sure,
// nothing is said, and the message is waited for.
import { type Access, countKey, demandKey, demandServing, isLimited, keyHoldersOf, keyMatcher, type ServedHere } from "./find-model.ts";
import type { RouteRuntime } from "./route-runtime.ts";
import type { GivenTrace } from "./trace-context.ts";

export type RequestHead = { access: Access; deadlineMs: number | null; idempotencyKey: string | undefined; trace: GivenTrace | null };

/** Throws Refusal while no request is taken here, and for a key that nobody here knows. */
export function demandAsker(served: ServedHere, access: Access): void {
  demandServing(served);
  demandKey(access, [...keyHoldersOf(served), ...served.moved.map((route) => ({ route }))]);
}

/** Throws Refusal or WireError as the whole request would get, and counts it as one that was refused. */
export function demandByHead(served: ServedHere, { access, deadlineMs, idempotencyKey, trace }: RequestHead): void {
  demandAsker(served, access);
  const route = onlyRoute(served, access);
  // Without a current revision the one it may name decides, and is not known yet.
  if (!route || route.route.currentEpoch === null) return;
  const isNamed = idempotencyKey !== undefined || route.repeated.holdsAny;
  const lacksRoom = () => !isNamed && !route.hasRoom(deadlineMs);
  if (!isLimited(route, access) && !lacksRoom()) return;
  const done = countKey(route, access);
  try {
    route.demandRoom({ deadlineMs, version: null, trace });
  } finally {
    done();
  }
}

/** The one deployment this key, or anybody where none is needed, can mean. Null = there are several, or one that is not served here. */
function onlyRoute({ routes, moved, unloaded }: ServedHere, access: Access): RouteRuntime | null {
  const isOf = keyMatcher(access);
  const own = routes.filter(({ route }) => isOf(route));
  return own.length === 1 && ![...moved, ...unloaded].some(isOf) ? own[0]! : null;
}
