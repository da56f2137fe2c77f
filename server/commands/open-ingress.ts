// Owns a key for the console's own requests to an ingress, where one is demanded.
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";
import { type IngressTarget, makeIngressKey } from "./find-ingress.ts";

/** A new key reaches the ingress with its next desired state. */
const KEY_WITHIN_MS = 10_000;
const KEY_RETRY_MS = 250;
const ASK_TIMEOUT_MS = 10_000;

/** Null where none is demanded: the first key of an ingress on loopback would shut out everybody without one. The caller revokes it. @throws AppError unavailable */
export async function openIngress(deps: Deps, { url, modelName, deploymentId }: IngressTarget, purpose: string): Promise<{ id: string; token: string } | null> {
  const ask = async (token: string | null): Promise<number> => {
    const answer = await fetch(`${url}/v2/models/${encodeURIComponent(modelName)}`, { headers: token === null ? {} : { authorization: `Bearer ${token}` }, signal: AbortSignal.timeout(ASK_TIMEOUT_MS), redirect: "manual" }).catch((cause: unknown) => {
      throw new AppError("unavailable", "The ingress can't be reached from the console.", { place: url, fix: "Check that its address is reachable from here, or run `npm run loadgen` where it is.", cause });
    });
    await answer.body?.cancel();
    return answer.status;
  };
  const isRefused = (status: number) => status === 401 || status === 403;
  if (!isRefused(await ask(null))) return null;
  const key = await makeIngressKey(deps, purpose, deploymentId);
  const until = deps.clock.now() + KEY_WITHIN_MS;
  while (isRefused(await ask(key.token)) && deps.clock.now() < until) await new Promise((resolve) => setTimeout(resolve, KEY_RETRY_MS));
  return key;
}
