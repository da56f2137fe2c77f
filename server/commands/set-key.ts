// Says what one key of a deployment may ask. Its ingresses follow while they serve.
import type { KeyLimits } from "../../agents/protocol/control.ts";
import { MAX_OWN_KEYS } from "../../agents/protocol/own-key.ts";
import { AppError } from "../errors.ts";
import { type Credential, listCredentials, lockCredential, updateCredential } from "../store/credentials.ts";
import { lockDeployment } from "../store/deployments.ts";
import type { Tx } from "../store/db.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

export type KeyChange = { limits?: KeyLimits | null };

/** What is left out stays; null = as the deployment says. @throws AppError not-found, bad-request, conflict */
export async function setKey(deps: Deps, input: { deploymentId: string; keyId: string; change: KeyChange; actor: Actor }): Promise<Credential> {
  const { deploymentId, keyId, change } = input;
  if (change.limits === undefined) throw new AppError("bad-request", "Nothing is to change.", { fix: "Name limits." });
  const changed = await deps.publisher.transact(async (tx, append) => {
    // Its lock also keeps how many keys are unlike the others.
    if (!(await lockDeployment(tx, deploymentId))) throw notFound("deployment", deploymentId, "deploymentId");
    const key = await lockCredential(tx, keyId);
    if (!isKeyOf(key, deploymentId)) throw notFound("key", keyId, "keyId");
    const limits = change.limits === undefined ? key.limits : change.limits;
    if (limits !== null && key.limits === null) await demandRoomForOwn(tx, deploymentId);
    const made = await updateCredential(tx, keyId, { limits });
    await append({ name: "credential.changed", subjectId: keyId, actor: input.actor, message: `The ingress key “${made.name}” ${keyInWords(made)}.`, payload: { credentialId: keyId, kind: made.kind, deploymentId } });
    return made;
  });
  deps.wake("what a key may ask was changed");
  return changed;
}

/** An ingress is told of so many keys one by one, and of no more. Asked in a transaction that has the deployment's lock. @throws AppError conflict */
export async function demandRoomForOwn(tx: Tx, deploymentId: string): Promise<void> {
  const own = (await listCredentials(tx, { kind: "inference", deploymentId })).filter(({ limits }) => limits !== null);
  if (own.length >= MAX_OWN_KEYS) throw new AppError("conflict", `${own.length} keys of this deployment have limits of their own already, which is the most.`, { place: "limits", fix: "Let some of them be as the deployment says, or revoke those that nobody uses." });
}

export function keyInWords({ limits }: Pick<Credential, "limits">): string {
  return limits ? `may send ${limits.requestsPerSecond} a second, ${limits.burst} at once, ${limits.maxInFlight} in flight` : "has the deployment's limits";
}

const isKeyOf = (key: Credential | null, deploymentId: string): key is Credential => key !== null && key.kind === "inference" && key.deploymentId === deploymentId && key.revokedAt === null;
