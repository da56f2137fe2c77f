// Owns the events marked on a subject's charts: stored ones once, live ones as they come.
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { StoredEvent } from "../../server/events/catalogue.ts";
import { api } from "../api.ts";
import { useLive } from "../live/live-store.ts";
import { chartMarkers, type Marker } from "./chart-markers.ts";

const EVENTS = 200;

export function useMarkers(subjectId: string): Marker[] {
  const stored = useQuery(api.events.list.queryOptions({ subjectId, limit: EVENTS })).data;
  const live = useLive((state) => state.events);
  return useMemo(() => {
    const bySeq = new Map<number, StoredEvent>();
    for (const event of [...((stored?.events ?? []) as StoredEvent[]), ...live]) if (event.subjectId === subjectId || (event.payload as { deploymentId?: string }).deploymentId === subjectId) bySeq.set(event.seq, event);
    return chartMarkers([...bySeq.values()].sort((a, b) => a.seq - b.seq));
  }, [stored, live, subjectId]);
}
