"use client";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import type { StoredEvent } from "../../server/events/catalogue.ts";
import { api, type DeploymentFull } from "../api.ts";
import { EventRow } from "../event/EventRow.tsx";
import { useLive } from "../live/live-store.ts";

const SHOWN_EVENTS = 100;

/** What happened to this deployment and why, newest first. */
export function Timeline({ deployment }: { deployment: DeploymentFull }) {
  const stored = useQuery(api.events.list.queryOptions({ subjectId: deployment.id, limit: SHOWN_EVENTS }));
  const live = useLive((state) => state.events);
  const events = useMemo(() => {
    const bySeq = new Map<number, StoredEvent>();
    const own = live.filter((event) => event.subjectId === deployment.id || (event.payload as { deploymentId?: string }).deploymentId === deployment.id);
    for (const event of [...((stored.data?.events ?? []) as StoredEvent[]), ...own]) bySeq.set(event.seq, event);
    return [...bySeq.values()].sort((a, b) => b.seq - a.seq);
  }, [stored.data, live, deployment.id]);
  if (events.length === 0) return <p className="text-ink-2">Nothing has happened to it yet.</p>;
  return <ol aria-live="polite" aria-relevant="additions" aria-label="Timeline">{events.map((event) => <EventRow key={event.seq} event={event} />)}</ol>;
}
