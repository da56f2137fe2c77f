// Owns what this browser remembers of the first steps: when they began, what was seen, whether they were put away. Whether a layer was moved, the server knows.
import { create } from "zustand";

const KEY = "cutplane-first-steps";
export type KeptTour = { deploymentId: string; begunAtRevision: number; hasSeenServing: boolean; isAway: boolean };

/** `undefined` until the browser's storage was read. */
export const useKeptTour = create<{ kept: KeptTour | null | undefined }>(() => ({ kept: undefined }));

export function readKeptTour(): void {
  if (useKeptTour.getState().kept !== undefined) return;
  let kept: KeptTour | null = null;
  try {
    const found = JSON.parse(localStorage.getItem(KEY) ?? "null") as Partial<KeptTour> | null;
    if (typeof found?.deploymentId === "string" && typeof found.begunAtRevision === "number") kept = { deploymentId: found.deploymentId, begunAtRevision: found.begunAtRevision, hasSeenServing: found.hasSeenServing === true, isAway: found.isAway === true };
  } catch {
    // Unreadable is as good as never begun.
  }
  useKeptTour.setState({ kept });
}

export function keepTour(kept: KeptTour): void {
  useKeptTour.setState({ kept });
  try {
    localStorage.setItem(KEY, JSON.stringify(kept));
  } catch {
    // A browser that keeps nothing shows the first steps again.
  }
}
