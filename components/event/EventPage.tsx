"use client";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { StoredEvent } from "../../server/events/catalogue.ts";
import { client } from "../api.ts";
import { useLive } from "../live/live-store.ts";
import { Button } from "../ui/Button.tsx";
import { Empty } from "../ui/Empty.tsx";
import { Page } from "../ui/Page.tsx";
import { Problem } from "../ui/Problem.tsx";
import { EventRow } from "./EventRow.tsx";

const PAGE_EVENTS = 100;

export function EventPage() {
  const live = useLive((state) => state.events);
  const [text, setText] = useState("");
  const older = useInfiniteQuery({
    queryKey: ["events", "older"],
    queryFn: ({ pageParam }) => client.events.list.query({ limit: PAGE_EVENTS, ...(pageParam === null ? {} : { beforeSeq: pageParam }) }),
    initialPageParam: null as number | null,
    getNextPageParam: (page) => (page.events.length < PAGE_EVENTS ? undefined : Math.min(...page.events.map((event) => event.seq))),
  });
  const events = useMemo(() => {
    const bySeq = new Map<number, StoredEvent>();
    for (const event of [...(older.data?.pages.flatMap((page) => page.events as StoredEvent[]) ?? []), ...live]) bySeq.set(event.seq, event);
    const wanted = text.trim().toLowerCase();
    return [...bySeq.values()].sort((a, b) => b.seq - a.seq).filter((event) => wanted === "" || `${event.name} ${event.message} ${event.actor} ${event.subjectId}`.toLowerCase().includes(wanted));
  }, [live, older.data, text]);
  return (
    <Page title="Events" lead="Everything that happened, and why. New ones arrive by themselves." actions={<input className="field w-56!" placeholder="Filter" aria-label="Filter events" value={text} onChange={(event) => setText(event.target.value)} />}>
      {older.error && <Problem title="Events could not be read" error={older.error} retry={() => void older.refetch()} />}
      {events.length === 0 && !older.isPending && <Empty title={text ? "No event matches" : "Nothing has happened yet"}>{text ? "Clear the filter to see all." : "Imports, enrolments, plans, moves and losses appear here."}</Empty>}
      <ol aria-live="polite" aria-relevant="additions" aria-label="Events, newest first">{events.map((event) => <EventRow key={event.seq} event={event} />)}</ol>
      {older.hasNextPage && <Button className="mt-3" onClick={() => void older.fetchNextPage()} disabled={older.isFetchingNextPage}>Older</Button>}
    </Page>
  );
}
