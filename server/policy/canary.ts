// Owns how a new revision is tried beside the one that serves, and watched once it has taken over: what ingresses are told, when its figures turn it back, and both in words. Pure.
import type { ObservedCanary, RouteCanary } from "../../agents/protocol/control.ts";
import { differenceText } from "../planner/difference-text.ts";
import type { CanarySettings, DeploymentSettings, DeploymentView, FleetSnapshot, RevisionView } from "./snapshot.ts";

/** Answers of two cuts of one model differ by the order of sums; other than at verification, inputs are clients' own, and may be far from the sample's. */
export const SHADOW_TOLERANCE = 1e-3;
/** Of compared copies, where the settings do not say. A cut that is right differs in none; a few may meet an input at which a model jumps. */
export const DEFAULT_MAX_DIFFERENT_RATIO = 0.01;
/** How long a promoted revision is watched, where the settings do not say. Three windows take 15 s at least; the old revision holds its memory meanwhile, and no other move begins. */
export const DEFAULT_WATCH_MS = 60_000;
/** Windows in a row beyond a bound: one alone may be a garbage collection, or a client's odd input. */
export const BREACH_WINDOWS = 3;

/** Whether the move stops for a trial, and stays there. A first revision has nothing beside it. */
export function isTrialWanted({ settings, migration }: Pick<DeploymentView, "settings" | "migration">): boolean {
  return migration !== null && migration.fromRevisionId !== null && settings.canary != null && settings.canaryMigrationId === migration.migrationId;
}

/** How much longer a revision is watched that took over `sinceMs` ago; 0 = it is not, or no longer. */
export function watchLeftMs({ canary, watchedMigrationId }: Pick<DeploymentSettings, "canary" | "watchedMigrationId">, migrationId: string, sinceMs: number): number {
  return canary != null && watchedMigrationId === migrationId ? Math.max(0, (canary.watchMs ?? DEFAULT_WATCH_MS) - sinceMs) : 0;
}

/** `entered`: epochs whose requests enter at the ingress. */
export function canaryRouteOf(deployment: DeploymentView, entered: readonly number[]): { canary?: RouteCanary } {
  const { settings, migration, revisions } = deployment;
  const next = revisions.find((revision) => revision.revisionId === migration?.toRevisionId);
  if (!migration || !next || !settings.canary || !entered.includes(next.epoch)) return {};
  const { share, shadowShare } = settings.canary;
  if (migration.state === "canary" && isTrialWanted(deployment)) return { canary: { epoch: next.epoch, share, shadowShare, tolerance: SHADOW_TOLERANCE } };
  const isWatched = (migration.state === "cutover" || migration.state === "drain") && watchLeftMs(settings, migration.migrationId, 0) > 0;
  return isWatched ? { canary: { epoch: next.epoch, share: 1, shadowShare: 0, tolerance: SHADOW_TOLERANCE } } : {};
}

/** The latency bound of a trial, milliseconds: its own, or what the plan was asked to keep to. A promise for a smaller share of requests says nothing about the 99th percentile. Null = none. */
export function boundOfTrial({ maxLatencyMsP99 }: CanarySettings, promise: RevisionView["promise"]): number | null {
  return maxLatencyMsP99 ?? (promise && promise.quantile >= 0.99 ? promise.latencyMs : null);
}

export type ToldCanary = { name: string; canary: ObservedCanary };

/** What a revision's entries tell of it, those that are heard now. */
export function toldOf({ nodes }: Pick<FleetSnapshot, "nodes">, deploymentId: string, { epoch, ingressNodeIds }: Pick<RevisionView, "epoch" | "ingressNodeIds">): ToldCanary[] {
  return [...new Set(ingressNodeIds)].flatMap((nodeId) => {
    const node = nodes.get(nodeId);
    const canary = node?.connected ? node.ingress.find((route) => route.deploymentId === deploymentId)?.canary : undefined;
    return node && canary?.epoch === epoch ? [{ name: node.name, canary }] : [];
  });
}

/** Whether it takes over unseen: it was to have requests or copies, and nothing is known of any. Shares of 0 say that it only stands by. */
export function isUnseen({ share, shadowShare }: CanarySettings, told: readonly ToldCanary[]): boolean {
  return share + shadowShare > 0 && told.every(({ canary: { requests, shadows } }) => requests + shadows.equal + shadows.different === 0);
}

/** What ends the trial, or turns back what has taken over, in words; null while it may go on. `promise`: of the revision that is tried. */
export function canaryBreach(settings: CanarySettings | null, promise: RevisionView["promise"], told: readonly ToldCanary[]): string | null {
  if (!settings) return null;
  for (const { name, canary } of told) {
    const breach = copiesBreach(settings, name, canary) ?? requestsBreach(settings, promise, name, canary);
    if (breach !== null) return breach;
  }
  return null;
}

function requestsBreach(settings: CanarySettings, promise: RevisionView["promise"], name: string, { windows }: ObservedCanary): string | null {
  const last = windows.slice(-BREACH_WINDOWS);
  if (last.length < BREACH_WINDOWS) return null;
  if (last.every(({ requests, failed }) => failed / requests > settings.maxErrorRatio)) return `${sum(last, (one) => one.failed)} of the last ${sum(last, (one) => one.requests)} requests it was given at ${name} failed; at most ${percent(settings.maxErrorRatio)} may.`;
  const boundMs = boundOfTrial(settings, promise);
  // A window in which all failed has no latency, and is the other bound's business.
  if (boundMs === null || !last.every(({ latencyMsP99 }) => latencyMsP99 !== null && latencyMsP99 > boundMs)) return null;
  return `Its 99th percentile at ${name} was ${last.map(({ latencyMsP99 }) => `${(latencyMsP99 ?? 0).toPrecision(3)} ms`).join(", ")} in three windows one after the other; at most ${boundMs} ms is ${settings.maxLatencyMsP99 === null ? "what its plan was made for" : "allowed"}.`;
}

function copiesBreach({ maxErrorRatio, maxDifferentRatio = DEFAULT_MAX_DIFFERENT_RATIO }: CanarySettings, name: string, { shadowWindows = [], maxRelError }: ObservedCanary): string | null {
  const last = shadowWindows.slice(-BREACH_WINDOWS);
  if (last.length < BREACH_WINDOWS) return null;
  const comparedOf = ({ equal, different }: (typeof last)[number]) => equal + different;
  if (last.every((one) => one.failed / (one.failed + comparedOf(one)) > maxErrorRatio)) return `${sum(last, (one) => one.failed)} of the last ${sum(last, (one) => one.failed + comparedOf(one))} copies it was sent at ${name} were not answered; at most ${percent(maxErrorRatio)} may fail.`;
  if (maxDifferentRatio === null || !last.every((one) => one.different > maxDifferentRatio * comparedOf(one))) return null;
  return `${sum(last, (one) => one.different)} of the last ${sum(last, comparedOf)} copies compared at ${name} were answered otherwise than by the revision that serves (largest difference ${differenceText(maxRelError)}); at most ${percent(maxDifferentRatio)} may.`;
}

const sum = <T>(all: readonly T[], of: (one: T) => number): number => all.reduce((total, one) => total + of(one), 0);

/** `isStateful`: clients' requests are steps of streams. */
export function canaryText(settings: CanarySettings | null, { number, isStateful }: { number: number; isStateful: boolean }, told: readonly ObservedCanary[]): string {
  const given = `Revision ${number} is tried with ${percent(settings?.share ?? 0)} of requests${isStateful ? ", whole streams at a time" : ""}: ${sum(told, (one) => one.requests)} so far, ${sum(told, (one) => one.failed)} failed.`;
  if (!settings?.shadowShare) return given;
  const failed = sum(told, ({ shadows }) => shadows.failed);
  const compared = sum(told, ({ shadows }) => shadows.equal + shadows.different);
  if (compared + failed === 0) return `${given} No copy was compared yet${isStateful ? ": steps of streams are not copied" : ""}.`;
  const worst = Math.max(0, ...told.map((one) => one.maxRelError));
  return `${given} Of ${compared} compared copies ${sum(told, ({ shadows }) => shadows.different)} were answered otherwise${compared > 0 ? ` (largest difference ${differenceText(worst)})` : ""}, ${failed} not at all.`;
}

/** Of one that has taken over. */
export function watchText(number: number, leftMs: number, told: readonly ObservedCanary[]): string {
  return `Revision ${number} serves, and is watched for ${Math.ceil(leftMs / 1000)} s more while the one before it stands by: ${sum(told, (one) => one.requests)} requests since its trial began, ${sum(told, (one) => one.failed)} failed.`;
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
