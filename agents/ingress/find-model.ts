// Owns which model a request means, in which version, and whether it may ask; of one that moved away, where it is now.
import { createHash, timingSafeEqual } from "node:crypto";
import type { KeyLimits, MovedRoute } from "../protocol/control.ts";
import type { KeyQuota, OwnKey } from "../protocol/own-key.ts";
import type { UnloadedRoute } from "../protocol/repository-call.ts";
import { movedRefusal } from "./moved-refusal.ts";
import { ownerOf } from "./process-model.ts";
import { KeyRefusal, Refusal } from "./refusal.ts";
import type { RouteRuntime } from "./route-runtime.ts";
import type { RouteVersion } from "./route-version.ts";

/** `version`: null = whichever serves. `isProcess`: asked by the second name, under which its processor is a model (process-model.ts). */
export type FoundModel = { route: RouteRuntime; version: RouteVersion | null; isProcess: boolean };

/** `version` as the client wrote it; "" or undefined = the current one, and so is one that was offered and has been left since. Throws Refusal in the protocol's words. */
export function findModel(served: ServedHere, name: string, version: string | undefined, access: Access): FoundModel {
  const { owner, isProcess } = ownerOf(served, name);
  const { route, gone, off } = findNamed(served, owner, access);
  // While it still answers what it had let in, too.
  if (gone && (!route || route.route.currentEpoch === null)) throw movedRefusal(gone);
  if (!route && off) throw new Refusal(404, UNLOADED, `Request for unknown model: '${name}' has no available versions: ${off.reason}`);
  // Clients compare these words: the protocol's own examples look for "Request for unknown model".
  if (!route) throw new Refusal(404, "unknown_model", `Request for unknown model: '${name}' is not found`);
  if (isProcess && !route.route.processor) throw new Refusal(404, "unknown_model", `Request for unknown model: '${name}' is not found: "${owner}" declares no processor`);
  if (version === undefined || version === "") return { route, version: null, isProcess };
  const offered = route.offered();
  const known = offered.find((one) => one.version === version) ?? null;
  if (!known && !route.offeredBefore.has(version)) throw new Refusal(404, "unknown_version", `Request for unknown model: '${name}' version ${version} is not found; here ${offered.length === 1 ? "is" : "are"} ${offered.map((one) => one.version).join(", ") || "none"}`);
  return { route, version: known, isProcess };
}

/** Whether it takes requests; one that nobody knows does not, and that is no error (as with Triton). Throws Refusal when it moved away, or a key is missing. */
export function isModelReady(here: ServedHere, name: string, version: string | undefined, access: Access): { ready: true } | { ready: false; known: boolean; because: string } {
  try {
    const found = findModel(here, name, version, access);
    const ready = found.version ? found.version.ready : found.route.ready;
    if (ready && found.isProcess && !found.route.processor.ready) return { ready: false, known: true, because: found.route.processor.notReadyBecause };
    return ready ? { ready } : { ready, known: true, because: found.version?.problem ?? found.route.notReadyBecause() };
  } catch (error) {
    if (error instanceof Refusal && error.code === UNLOADED) return { ready: false, known: true, because: error.message };
    if (error instanceof Refusal && (error.code === "unknown_model" || error.code === "unknown_version")) return { ready: false, known: false, because: error.message };
    throw error;
  }
}

/** Code of the refusal for a model that could be loaded. */
export const UNLOADED = "unloaded";

/** All that is known here of that name. Throws Refusal 401 for who may not know it. */
export function findNamed(served: ServedHere, name: string, access: Access): { route: RouteRuntime | undefined; gone: MovedRoute | undefined; off: UnloadedRoute | undefined } {
  const route = served.routes.find((candidate) => candidate.route.modelName === name);
  const gone = served.moved.find((candidate) => candidate.modelName === name);
  const off = served.unloaded.find((candidate) => candidate.modelName === name);
  const known = route ?? (gone && { route: gone }) ?? (off && { route: off });
  demandKey(access, known ? [known] : [...keyHoldersOf(served), ...served.moved.map((one) => ({ route: one }))]);
  return { route, gone, off };
}

/** Whose keys may know what is here. */
export const keyHoldersOf = ({ routes, unloaded }: ServedHere): { route: { keyHashes: string[] } }[] => [...routes, ...unloaded.map((route) => ({ route }))];

/** What an ingress knows now: deployments that are entered here, those that are entered elsewhere since, and those that do not run. Only while it is serving can what is not among them be said to be unknown. */
export type ServedHere = { state: "starting" | "serving" | "draining"; routes: readonly RouteRuntime[]; moved: readonly MovedRoute[]; unloaded: readonly UnloadedRoute[]; /** Of the requests whose spans go to a collector. */ traceRatio: number };

/** Throws Refusal 503 while an ingress does not know its deployments yet, or takes no requests any more. */
export function demandServing({ state }: Pick<ServedHere, "state">): void {
  if (state === "starting") throw new Refusal(503, "starting", "this ingress has just started and does not know its deployments yet", 1);
  if (state === "draining") throw drainingRefusal();
}

export const drainingRefusal = (): Refusal => new Refusal(503, "draining", "this ingress is stopping and takes no new requests: ask again, or at another entry of the deployment", 1);

/** What a request shows of who sends it. */
export type Access = { needsKey: boolean; authorization: string | undefined };

/** Throws Refusal 401 unless the key is one of a deployment in `routes`. */
export function demandKey(access: Access, routes: readonly { route: { keyHashes: string[] } }[]): void {
  if (!access.needsKey) return;
  const isOf = keyMatcher(access);
  // All are asked, so that the time taken tells nothing.
  if (routes.filter(({ route }) => isOf(route)).length > 0) return;
  throw new Refusal(401, "key_required", "send `Authorization: Bearer <key>` with a key of this deployment");
}

/** Whether who asks may ask a deployment: anybody, where no key is needed. */
export function keyMatcher({ needsKey, authorization }: Access): (route: { keyHashes: string[] }) => boolean {
  if (!needsKey) return () => true;
  const given = keyGiven(authorization);
  const digest = createHash("sha256").update(given ?? "").digest();
  return ({ keyHashes }) => {
    let known = false;
    for (const hash of keyHashes) if (/^[0-9a-f]{64}$/i.test(hash) && timingSafeEqual(Buffer.from(hash, "hex"), digest)) known = true;
    return known && given !== undefined;
  };
}

/** Counts a request against its key's limits and quotas: what is let in, whatever becomes of it. Throws Refusal 429; otherwise gives what to call when the request is over. */
export function countKey(route: RouteRuntime, access: Access): () => void {
  const { key, limits, keyId, quotas } = limitsOf(route, access);
  const spent = keyId === undefined ? null : route.keyCounts.reached(keyId, quotas, Date.now());
  if (spent) {
    route.keys.refused.quota += 1;
    throw new KeyRefusal(429, "key_quota", spent.reason, spent.retryAfterSeconds);
  }
  const letIn = () => { if (keyId !== undefined && quotas.length > 0) route.keyCounts.count(keyId, Date.now()); };
  if (!limits) { letIn(); return () => undefined; }
  const reached = route.keys.take(key, limits, performance.now());
  if (reached) throw new KeyRefusal(429, "key_limit", reached.reason, reached.retryAfterSeconds);
  letIn();
  return () => route.keys.done(key);
}

/** Whether a request would be refused now for what its key has asked before. Counts nothing. */
export function isLimited(route: RouteRuntime, access: Access): boolean {
  const { key, limits, keyId, quotas } = limitsOf(route, access);
  return (keyId !== undefined && route.keyCounts.reached(keyId, quotas, Date.now()) !== null) || (limits !== undefined && route.keys.reached(key, limits, performance.now()) !== null);
}

/** `limits`: undefined = there are none. */
function limitsOf(route: RouteRuntime, access: Access): { key: string; limits: KeyLimits | undefined; keyId: string | undefined; quotas: readonly KeyQuota[] } {
  const { keyLimits, ownKeys } = route.route;
  const known = ownKeys ? ownKeyOf(ownKeys, access) : null;
  const { keyId, quotas = [], limits } = known?.own ?? {};
  return { key: known?.hash ?? (access.needsKey ? (access.authorization ?? "") : ""), limits: limits ?? keyLimits ?? undefined, keyId, quotas };
}

/** On loopback too, where nobody needs a key: who shows one is counted by it. Null = a key as any other, or none. */
function ownKeyOf(ownKeys: Record<string, OwnKey>, { authorization }: Access): { hash: string; own: OwnKey } | null {
  const given = keyGiven(authorization);
  if (given === undefined) return null;
  const hash = createHash("sha256").update(given).digest("hex");
  const own = Object.hasOwn(ownKeys, hash) ? ownKeys[hash] : undefined;
  return own ? { hash, own } : null;
}

export const keyGiven = (authorization: string | undefined): string | undefined => /^Bearer (\S+)$/.exec(authorization ?? "")?.[1];
