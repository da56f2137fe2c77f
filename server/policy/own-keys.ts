// Owns what an ingress is told of single keys: only of those that are unlike the others. Pure.
import type { IngressRoute } from "../../agents/protocol/control.ts";
import { MAX_OWN_KEYS, type OwnKey } from "../../agents/protocol/own-key.ts";
import { shareQuota } from "./share-quota.ts";
import type { DeploymentView } from "./snapshot.ts";

/** Nothing where all keys are alike, so that a route stays as small as it was. `entered`: the nodes that share quotas, `nodeId` one of them. */
export function ownKeysOf({ ownKeys }: Pick<DeploymentView, "ownKeys">, at: { nodeId: string; entered: readonly string[]; nowMs: number }): Pick<IngressRoute, "ownKeys"> {
  if (ownKeys.length === 0) return {};
  const told = [...ownKeys].sort((a, b) => (a.hash < b.hash ? -1 : 1)).slice(0, MAX_OWN_KEYS);
  return { ownKeys: Object.fromEntries(told.map(({ keyId, hash, limits, quota, usage }): [string, OwnKey] => [hash, { ...(limits ? { limits } : {}), ...(quota ? { keyId, quotas: shareQuota(quota, usage, at) } : {}) }])) };
}
