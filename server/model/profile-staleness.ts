// Owns when a measured profile no longer speaks for its device class: too old, or measured by other software than runs now. Stale ones are still the best there is:
// planned with, shown as stale, measured again when the node is idle.
import type { Profile } from "./profile.ts";

const DAY_MS = 24 * 3_600_000;
/** Clocks, thermals, neighbours and firmware drift; a month is long for a box in the field. */
export const PROFILE_STALE_AFTER_MS = 30 * DAY_MS;

/** In words; null = fresh, or an estimate, which does not age. `ageMs`: since it was measured; `versions`: of a node of the class, where one is known. */
export function profileStaleness(profile: Profile, { ageMs, versions }: { ageMs: number; versions: { agentVersion: string; ortVersion: string } | null }): string | null {
  if (profile.kind !== "measured") return null;
  if (versions && profile.ortVersion !== undefined && profile.ortVersion !== versions.ortVersion) return `measured with ONNX Runtime ${profile.ortVersion}, the node has ${versions.ortVersion}`;
  if (versions && profile.agentVersion !== undefined && profile.agentVersion !== versions.agentVersion) return `measured by agent ${profile.agentVersion}, the node has ${versions.agentVersion}`;
  return ageMs > PROFILE_STALE_AFTER_MS ? `measured ${Math.floor(ageMs / DAY_MS)} days ago` : null;
}
