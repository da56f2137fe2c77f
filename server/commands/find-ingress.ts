// Owns where a deployment's requests enter as seen from the console, and a key of the console's own for it.
import { AppError } from "../errors.ts";
import { readSnapshot } from "../live/read-snapshot.ts";
import { findCredentialByName } from "../store/credentials.ts";
import { createCredential, revokeCredential } from "./create-credential.ts";
import type { Deps } from "./deps.ts";

export type IngressTarget = { url: string; modelName: string; deploymentId: string };

/** `deployment`: its id or name. @throws AppError not-found, unavailable */
export async function findIngress(deps: Deps, deployment: string): Promise<IngressTarget> {
  const snapshot = await readSnapshot(deps.db, deps.clock.now());
  const found = snapshot.deployments.find((candidate) => candidate.deploymentId === deployment || candidate.name === deployment);
  if (!found) throw new AppError("not-found", `There is no deployment ${deployment}.`, { fix: "Take an id from the list of deployments." });
  for (const nodeId of found.settings.ingressNodeIds) {
    const node = snapshot.nodes.get(nodeId);
    const route = node?.ingress.find((ingress) => ingress.deploymentId === found.deploymentId);
    if (node?.presence !== "lost" && route && route.currentEpoch !== null && URL.canParse(route.url)) return { url: new URL(route.url).origin, modelName: found.name, deploymentId: found.deploymentId };
  }
  throw new AppError("unavailable", `No ingress of ${found.name} is ready.`, { fix: "Look at the deployment: it says what it waits for." });
}

/** Named after its purpose; an older one of that name is revoked: it was another process's, and is of no use to this one. */
export async function makeIngressKey(deps: Deps, purpose: string, deploymentId: string): Promise<{ id: string; token: string }> {
  const name = ingressKeyName(purpose, deploymentId);
  const old = await findCredentialByName(deps.db, name);
  if (old) await revokeCredential(deps, old.id, { keepOneAdmin: false, actor: "control" });
  const { credential, token } = await createCredential(deps, { name, kind: "inference", deploymentId, actor: "control" });
  return { id: credential.id, token };
}

/** A revoked one is called otherwise. */
export const ingressKeyName = (purpose: string, deploymentId: string): string => `${purpose} of ${deploymentId}`;
