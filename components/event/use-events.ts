// Owns the events a filter lets through, newest first: stored ones page by page, live ones as they come.
import { useInfiniteQuery } from "@tanstack/react-query";
import { useDeferredValue, useMemo } from "react";
import type { StoredEvent } from "../../server/events/catalogue.ts";
import { client } from "../api.ts";
import { useLive } from "../live/live-store.ts";
import { type EventFilter, matchesFilter } from "./event-filter.ts";

const PAGE_EVENTS = 100;

export function useEvents(wanted: EventFilter) {
  const live = useLive((state) => state.events);
  const { kind, severity, subjectId } = wanted;
  const text = useDeferredValue(wanted.text.trim());
  const older = useInfiniteQuery({
    queryKey: ["events", "older", kind, severity, subjectId, text],
    queryFn: ({ pageParam }) => client.events.list.query({
      limit: PAGE_EVENTS, ...(pageParam === null ? {} : { beforeSeq: pageParam }), ...(kind ? { kind } : {}), ...(severity ? { severity } : {}), ...(subjectId ? { subjectId } : {}), ...(text ? { text } : {}),
    }),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => (page.events.length < PAGE_EVENTS ? undefined : Math.min(...page.events.map((event) => event.seq))),
    placeholderData: (before) => before,
  });
  const events = useMemo(() => {
    const bySeq = new Map<number, StoredEvent>();
    for (const event of [...(older.data?.pages.flatMap((page) => page.events as StoredEvent[]) ?? []), ...live]) if (matchesFilter(event, { kind, severity, subjectId, text })) bySeq.set(event.seq, event);
    return [...bySeq.values()].sort((a, b) => b.seq - a.seq);
  }, [live, older.data, kind, severity, subjectId, text]);
  return { events, older };
}
