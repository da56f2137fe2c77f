// Owns how a new revision is tried beside the one that serves: what ingresses are told, when its figures end the trial, and the trial in words. Pure.
import type { ObservedCanary, RouteCanary } from "../../agents/protocol/control.ts";
import { differenceText } from "../planner/difference-text.ts";
import type { CanarySettings, DeploymentView, FleetSnapshot, RevisionView } from "./snapshot.ts";

/** Answers of two cuts of one model differ by the order of sums; other than at verification, inputs are clients' own, and may be far from the sample's. */
export const SHADOW_TOLERANCE = 1e-3;
/** Windows in a row beyond a bound: one alone may be a garbage collection, or a client's odd input. */
export const BREACH_WINDOWS = 3;

/** Whether the move stops for a trial, and stays there. A first revision has nothing beside it. */
export function isTrialWanted({ settings, migration }: Pick<DeploymentView, "settings" | "migration">): boolean {
  return migration !== null && migration.fromRevisionId !== null && settings.canary != null && settings.canaryMigrationId === migration.migrationId;
}

/** `entered`: epochs whose requests enter at the ingress. */
export function canaryRouteOf(deployment: DeploymentView, entered: readonly number[]): { canary?: RouteCanary } {
  const { settings, migration, revisions } = deployment;
  const next = revisions.find((revision) => revision.revisionId === migration?.toRevisionId);
  if (migration?.state !== "canary" || !next || !settings.canary || !isTrialWanted(deployment) || !entered.includes(next.epoch)) return {};
  return { canary: { epoch: next.epoch, share: settings.canary.share, shadowShare: settings.canary.shadowShare, tolerance: SHADOW_TOLERANCE } };
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

/** What ends the trial, in words; null while it may go on. `promise`: of the revision that is tried. */
export function canaryBreach(settings: CanarySettings | null, promise: RevisionView["promise"], told: readonly ToldCanary[]): string | null {
  if (!settings) return null;
  for (const { name, canary: { windows } } of told) {
    const last = windows.slice(-BREACH_WINDOWS);
    if (last.length < BREACH_WINDOWS) continue;
    if (last.every(({ requests, failed }) => failed / requests > settings.maxErrorRatio)) {
      const failed = last.reduce((sum, window) => sum + window.failed, 0);
      const requests = last.reduce((sum, window) => sum + window.requests, 0);
      return `${failed} of the last ${requests} requests it was given at ${name} failed; at most ${percent(settings.maxErrorRatio)} may.`;
    }
    const boundMs = boundOfTrial(settings, promise);
    // A window in which all failed has no latency, and is the other bound's business.
    if (boundMs !== null && last.every(({ latencyMsP99 }) => latencyMsP99 !== null && latencyMsP99 > boundMs)) return `Its 99th percentile at ${name} was ${last.map(({ latencyMsP99 }) => `${(latencyMsP99 ?? 0).toPrecision(3)} ms`).join(", ")} in three windows one after the other; at most ${boundMs} ms is ${settings.maxLatencyMsP99 === null ? "what its plan was made for" : "allowed"}.`;
  }
  return null;
}

/** `isStateful`: clients' requests are steps of streams. */
export function canaryText(settings: CanarySettings | null, { number, isStateful }: { number: number; isStateful: boolean }, told: readonly ObservedCanary[]): string {
  const sum = (of: (canary: ObservedCanary) => number) => told.reduce((total, canary) => total + of(canary), 0);
  const given = `Revision ${number} is tried with ${percent(settings?.share ?? 0)} of requests${isStateful ? ", whole streams at a time" : ""}: ${sum((one) => one.requests)} so far, ${sum((one) => one.failed)} failed.`;
  if (!settings?.shadowShare) return given;
  const failed = sum(({ shadows }) => shadows.failed);
  const compared = sum(({ shadows }) => shadows.equal + shadows.different);
  if (compared + failed === 0) return `${given} No copy was compared yet${isStateful ? ": steps of streams are not copied" : ""}.`;
  const worst = Math.max(0, ...told.map((one) => one.maxRelError));
  return `${given} Of ${compared} compared copies ${sum(({ shadows }) => shadows.different)} were answered otherwise${compared > 0 ? ` (largest difference ${differenceText(worst)})` : ""}, ${failed} not at all.`;
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
