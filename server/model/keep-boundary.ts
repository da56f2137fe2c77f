// Owns what of an older profile stays when the model was measured again without its segments: shares between layers and cuts, at the new pace.
import type { Profile } from "./profile.ts";

/** `fresh` as it is where it has its own, or where the runtime or the agent changed since. */
export function keepBoundary(fresh: Profile, before: Profile | null): Profile {
  const same = before?.boundary !== undefined && before.ortVersion === fresh.ortVersion && before.agentVersion === fresh.agentVersion && before.layerMs.length === fresh.layerMs.length && before.wholeMs > 0;
  if (fresh.boundary !== undefined || !before?.boundary || !same) return fresh;
  const pace = fresh.wholeMs / before.wholeMs;
  const scaled = (values: readonly number[]) => values.map((ms) => ms * pace);
  return { ...fresh, layerMs: scaled(before.layerMs), boundary: { ...before.boundary, entryMs: scaled(before.boundary.entryMs), exitMs: scaled(before.boundary.exitMs) } };
}
