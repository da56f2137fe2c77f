// Says what one key of a deployment may ask. Its ingresses follow while they serve.
import type { KeyLimits } from "../../agents/protocol/control.ts";
import { MAX_OWN_KEYS } from "../../agents/protocol/own-key.ts";
import { AppError } from "../errors.ts";
import { type Credential, listCredentials, lockCredential, updateCredential } from "../store/credentials.ts";
import type { KeyQuotaWanted } from "../policy/share-quota.ts";
import { lockDeployment } from "../store/deployments.ts";
import type { Tx } from "../store/db.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

export type KeyChange = { limits?: KeyLimits | null; quota?: KeyQuotaWanted | null; mayLoad?: boolean };

/** What is left out stays; null = as the deployment says. @throws AppError not-found, bad-request, conflict */
export async function setKey(deps: Deps, input: { deploymentId: string; keyId: string; change: KeyChange; actor: Actor }): Promise<Credential> {
  const { deploymentId, keyId, change } = input;
  if (change.limits === undefined && change.quota === undefined && change.mayLoad === undefined) throw new AppError("bad-request", "Nothing is to change.", { fix: "Name limits, quota or mayLoad." });
  const changed = await deps.publisher.transact(async (tx, append) => {
    // Its lock also keeps how many keys are unlike the others.
    if (!(await lockDeployment(tx, deploymentId))) throw notFound("deployment", deploymentId, "deploymentId");
    const key = await lockCredential(tx, keyId);
    if (!isKeyOf(key, deploymentId)) throw notFound("key", keyId, "keyId");
    const limits = change.limits === undefined ? key.limits : change.limits;
    const quota = change.quota === undefined ? key.quota : checkQuota(change.quota);
    if (!isOwn(key) && isOwn({ limits, quota })) await demandRoomForOwn(tx, deploymentId);
    const made = await updateCredential(tx, keyId, { limits, quota, mayLoad: change.mayLoad ?? key.mayLoad });
    await append({ name: "credential.changed", subjectId: keyId, actor: input.actor, message: `The ingress key “${made.name}” ${keyInWords(made)}.`, payload: { credentialId: keyId, kind: made.kind, deploymentId } });
    return made;
  });
  deps.wake("what a key may ask was changed");
  return changed;
}

/** An ingress is told of so many keys one by one, and of no more. Asked in a transaction that has the deployment's lock. @throws AppError conflict */
export async function demandRoomForOwn(tx: Tx, deploymentId: string): Promise<void> {
  const own = (await listCredentials(tx, { kind: "inference", deploymentId })).filter(isOwn);
  if (own.length >= MAX_OWN_KEYS) throw new AppError("conflict", `${own.length} keys of this deployment have limits of their own already, which is the most.`, { place: "limits", fix: "Let some of them be as the deployment says, or revoke those that nobody uses." });
}

export const isOwn = ({ limits, quota }: Pick<Credential, "limits" | "quota">): boolean => limits !== null || quota !== null;

/** One without any figure is none. @throws AppError bad-request when a day may have more than its month */
export function checkQuota(quota: KeyQuotaWanted | null): KeyQuotaWanted | null {
  if (quota === null || (quota.perDay === null && quota.perMonth === null)) return null;
  if (quota.perDay !== null && quota.perMonth !== null && quota.perDay > quota.perMonth) throw new AppError("bad-request", `${quota.perDay} requests a day are more than ${quota.perMonth} a month.`, { place: "quota.perDay", fix: "Lower it, or raise perMonth." });
  return quota;
}

export function keyInWords({ limits, quota, mayLoad }: Pick<Credential, "limits" | "quota" | "mayLoad">): string {
  const own = limits ? `may send ${limits.requestsPerSecond} a second, ${limits.burst} at once, ${limits.maxInFlight} in flight` : "has the deployment's limits";
  const quotas = [quota?.perDay ? `${quota.perDay} a day` : "", quota?.perMonth ? `${quota.perMonth} a month` : ""].filter((text) => text !== "");
  const asked = quotas.length === 0 ? own : `${own}, and ${quotas.join(", ")} over all ingresses`;
  return mayLoad ? `${asked}; it may load and unload its deployment` : asked;
}

const isKeyOf = (key: Credential | null, deploymentId: string): key is Credential => key !== null && key.kind === "inference" && key.deploymentId === deploymentId && key.revokedAt === null;
