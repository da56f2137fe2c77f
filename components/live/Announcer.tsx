"use client";
import { useEffect, useState } from "react";
import { announcementOf, isSpoken, pauseMs } from "./announcement.ts";
import { type Connection, useLive } from "./live-store.ts";

/** The one place from which events are read out; politely, and not more often than they can be heard. */
export function Announcer() {
  const [said, setSaid] = useState("");
  useEffect(() => {
    const waiting: string[] = [];
    let lastSpokenMs: number | null = null;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const speak = () => {
      timer = null;
      lastSpokenMs = Date.now();
      setSaid(announcementOf(waiting.splice(0)));
    };
    const stop = useLive.subscribe((state, before) => {
      // The events of the first visit are history.
      const since = before.lastSeq;
      if (state.events !== before.events && since !== null) waiting.push(...state.events.filter((event) => event.seq > since && isSpoken(event.name)).map((event) => event.message));
      const news = state.connection === before.connection ? null : connectionNews(before.connection, state.connection);
      if (news) waiting.push(news);
      if (waiting.length > 0 && timer === null) timer = setTimeout(speak, pauseMs(lastSpokenMs, Date.now()));
    });
    return () => { stop(); if (timer !== null) clearTimeout(timer); };
  }, []);
  return <div role="status" aria-live="polite" className="sr-only" data-testid="announcer">{said}</div>;
}

function connectionNews(before: Connection, now: Connection): string | null {
  if (now === "lost") return "The live connection is lost. Figures are the last known ones.";
  return now === "live" && before === "lost" ? "The live connection is back." : null;
}
