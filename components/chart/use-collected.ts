// Owns collecting what the live feed tells of one thing while its charts are open: the store keeps only the newest.
import { useEffect, useState } from "react";
import { type LiveState, useLive } from "../live/live-store.ts";
import type { Point } from "./chart-points.ts";

/** A page left open overnight must not grow: 15 minutes at one a second; older ones come from the store. */
const MAX_COLLECTED = 900;

/** `pick` gives what changed, by identity; `key` names the thing, so that another one begins anew. */
export function useCollected<T extends object, P extends Point>(key: string, pick: (state: LiveState) => T | null | undefined, toPoint: (told: T, atMs: number) => P): P[] {
  const [points, setPoints] = useState<P[]>([]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the functions are of the key
  useEffect(() => {
    setPoints([]);
    return useLive.subscribe((state, previous) => {
      const told = pick(state);
      if (!told || told === pick(previous) || state.sampledAt === null) return;
      const point = toPoint(told, Date.parse(state.sampledAt));
      setPoints((before) => [...before.slice(-MAX_COLLECTED + 1), point]);
    });
  }, [key]);
  return points;
}
