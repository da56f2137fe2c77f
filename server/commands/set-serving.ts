// Says how a deployment takes its requests: whether they run together, what each key may ask, how many and how long. Ingresses follow while they serve.
import { AppError } from "../errors.ts";
import { DEFAULT_MAX_DIFFERENT_RATIO, DEFAULT_WATCH_MS } from "../policy/canary.ts";
import { DEFAULT_STREAMS } from "../policy/drain-limit.ts";
import type { DeploymentSettings, StreamSettings } from "../policy/snapshot.ts";
import { findUnfinishedMigration, lockDeployment, readModelFacts, updateDeployment } from "../store/deployments.ts";
import { checkBatching, checkLimits } from "./check-serving.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

/** Those of the limits that need no restart of a stage. */
export type ServingSettings = Required<Pick<DeploymentSettings, "batching" | "keyLimits" | "canary">> & { streams: StreamSettings; limits: Pick<DeploymentSettings["limits"], "maxInFlight" | "defaultDeadlineMs" | "maxDeadlineMs"> };
export type ServingChange = { batching?: ServingSettings["batching"]; keyLimits?: ServingSettings["keyLimits"]; canary?: ServingSettings["canary"]; streams?: Partial<StreamSettings>; limits?: Partial<ServingSettings["limits"]> };

export function servingOf({ batching, keyLimits, canary, streams, limits: { maxInFlight, defaultDeadlineMs, maxDeadlineMs } }: DeploymentSettings): ServingSettings {
  return { batching: batching ?? null, keyLimits: keyLimits ?? null, canary: canary ?? null, streams: { ...DEFAULT_STREAMS, ...streams }, limits: { maxInFlight, defaultDeadlineMs, maxDeadlineMs } };
}

/** What is left out stays; null switches off. @throws AppError not-found, bad-request */
export async function setServing(deps: Deps, input: { deploymentId: string; change: ServingChange; actor: Actor }): Promise<ServingSettings> {
  const { batching, keyLimits, canary, streams, limits } = input.change;
  if (batching === undefined && keyLimits === undefined && canary === undefined && streams === undefined && limits === undefined) throw new AppError("bad-request", "Nothing is to change.", { fix: "Name batching, keyLimits, canary, streams or limits." });
  const serving = await deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, input.deploymentId);
    if (!deployment) throw notFound("deployment", input.deploymentId, "deploymentId");
    const settings = { ...deployment.settings };
    // What was in force was within other limits.
    if (batching !== undefined && !sameLimits(settings.batching, batching)) settings.batchNow = null;
    if (batching !== undefined) settings.batching = await checkBatching(batching, () => readModelFacts(tx, deployment.modelId));
    if (keyLimits !== undefined) settings.keyLimits = keyLimits;
    // A trial under way follows; without settings it would have no bounds, and ends by being promoted or cancelled alone.
    if (canary === null && settings.canaryMigrationId && (await findUnfinishedMigration(tx, deployment.id))?.state === "canary") throw new AppError("conflict", "A new revision is being tried.", { place: "settings.canary", fix: "Promote it or cancel the move first." });
    if (canary !== undefined) settings.canary = canary && withoutDefaults(canary);
    if (streams !== undefined) settings.streams = { ...DEFAULT_STREAMS, ...settings.streams, ...streams };
    if (limits !== undefined) settings.limits = checkLimits({ ...settings.limits, ...limits });
    await updateDeployment(tx, deployment.id, { settings });
    const serving = servingOf(settings);
    await append({ name: "deployment.serving", subjectId: deployment.id, actor: input.actor, message: `${deployment.name} ${inWords(serving)}.`, payload: { deploymentId: deployment.id } });
    return serving;
  });
  deps.wake("how a deployment takes requests was changed");
  return serving;
}

const sameLimits = (a: DeploymentSettings["batching"], b: DeploymentSettings["batching"]): boolean => a?.maxSize === b?.maxSize && a?.maxDelayMs === b?.maxDelayMs && (a?.whenNeeded ?? false) === (b?.whenNeeded ?? false);

/** What is as it would be without a word is left out. */
function withoutDefaults({ maxDifferentRatio = DEFAULT_MAX_DIFFERENT_RATIO, watchMs = DEFAULT_WATCH_MS, ...canary }: NonNullable<ServingSettings["canary"]>): NonNullable<ServingSettings["canary"]> {
  return { ...canary, ...(maxDifferentRatio === DEFAULT_MAX_DIFFERENT_RATIO ? {} : { maxDifferentRatio }), ...(watchMs === DEFAULT_WATCH_MS ? {} : { watchMs }) };
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

function inShapes({ maxQueues = 1, padding }: NonNullable<ServingSettings["batching"]>): string {
  const lengths = padding?.dimensions.map(({ name, lengths }) => `${name} to ${lengths.length > 0 ? lengths.join(", ") : "the longest"}`).join(" and ");
  return `${maxQueues > 1 ? `, in up to ${maxQueues} queues by shape` : ""}${lengths ? `, padded along ${lengths}` : ""}`;
}

function inTrial({ share, shadowShare, maxErrorRatio, maxLatencyMsP99, maxDifferentRatio = DEFAULT_MAX_DIFFERENT_RATIO, watchMs = DEFAULT_WATCH_MS }: NonNullable<ServingSettings["canary"]>): string {
  const differing = shadowShare === 0 ? "" : maxDifferentRatio === null ? ", any number of copies answered otherwise" : `, ${percent(maxDifferentRatio)} of copies answered otherwise`;
  return `${percent(share)} of requests and copies of ${percent(shadowShare)}, up to ${percent(maxErrorRatio)} failing${differing}${maxLatencyMsP99 === null ? "" : ` and ${maxLatencyMsP99} ms at the 99th percentile`}, and ${watchMs === 0 ? "does not watch" : "watches"} them once they have taken over${watchMs === 0 ? "" : `, for ${watchMs / 1000} s`}`;
}

function inWords({ batching, keyLimits, canary, streams, limits }: ServingSettings): string {
  return [
    batching ? `joins up to ${batching.maxSize} requests, which wait at most ${batching.maxDelayMs} ms for each other${inShapes(batching)}${batching.whenNeeded ? ", while adaptation finds that they have to" : ""}` : "runs each request alone",
    keyLimits ? `lets each key send ${keyLimits.requestsPerSecond} a second, ${keyLimits.burst} at once, ${keyLimits.maxInFlight} in flight` : "has no limits for keys",
    ...(canary ? [`tries new revisions with ${inTrial(canary)}`] : []),
    `lets open streams ${streams.policy === "move" ? "move" : "finish"} when their revision is left, for ${Number((streams.limitMs / 60_000).toPrecision(3))} min at most`,
    `holds at most ${limits.maxInFlight} requests, ${limits.defaultDeadlineMs} ms each if they do not say otherwise`,
  ].join("; it ");
}
