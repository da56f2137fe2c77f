// Owns what an agent asks its console when a client loads or unloads a model at its ingress, and what ingresses are told of models that are not
// loaded. Event "repository" (RepositoryCall, acknowledged with RepositoryAnswer once it is done), agent → console. What the key may do is judged
// by the console alone: a node that was broken into knows only hashes of the keys nobody has shown to it.

/** `key`: the secret as the client sent it; null = it sent none. */
export type RepositoryCall = { deploymentId: string; action: RepositoryAction; key: string | null };
export const REPOSITORY_ACTIONS = ["load", "unload"] as const;
export type RepositoryAction = (typeof REPOSITORY_ACTIONS)[number];

/** `forbidden`: the key, or its absence, does not allow it. `failed`: it was tried, or cannot be. `late`: it goes on, and took longer than is waited for. The others: ask again. */
export const REPOSITORY_FAILURES = ["forbidden", "failed", "late", "too-many", "unavailable"] as const;
export type RepositoryAnswer = { ok: true } | { ok: false; code: (typeof REPOSITORY_FAILURES)[number]; message: string };

/** Of one node under way; each is a client that waits. */
export const MAX_REPOSITORY_CALLS = 8;
/** How long the console waits for a deployment to serve, or to have stopped: large segments are fetched meanwhile. */
export const REPOSITORY_WAIT_MS = 300_000;

/** A deployment that is entered at this node when it runs, and does not run. `version`: of the revision that served last; "" = none did. `reason`: "unloaded" where somebody stopped it, else what went wrong. */
export type UnloadedRoute = { deploymentId: string; modelName: string; version: string; reason: string; keyHashes: string[] };
/** More of one node are not told: those are loaded at the console. */
export const MAX_UNLOADED_ROUTES = 64;
