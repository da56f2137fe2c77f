// Owns how long what is in flight may take to leave a pipeline.
import type { DeploymentSettings } from "./snapshot.ts";

/** Past its deadline a request has had an explicit error; this much more for the error to travel. */
const AFTER_DEADLINE_MS = 5_000;

export function drainLimitMs(settings: DeploymentSettings): number {
  return settings.limits.maxDeadlineMs + AFTER_DEADLINE_MS;
}
