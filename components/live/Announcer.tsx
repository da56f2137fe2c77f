"use client";
import { useEffect, useState } from "react";
import { announcementOf, isSpoken, pauseMs } from "./announcement.ts";
import { type Connection, useLive } from "./live-store.ts";
import { hearSaid } from "./say.ts";

/** The one place from which events, and what a page has to say beside them, are read out; politely, and not more often than they can be heard. */
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
    const add = (messages: readonly string[]) => {
      waiting.push(...messages);
      if (waiting.length > 0 && timer === null) timer = setTimeout(speak, pauseMs(lastSpokenMs, Date.now()));
    };
    const deaf = hearSaid((message) => add([message]));
    const stop = useLive.subscribe((state, before) => {
      // The events of the first visit are history.
      const since = before.lastSeq;
      const events = state.events === before.events || since === null ? [] : state.events.filter((event) => event.seq > since && isSpoken(event.name)).map((event) => event.message);
      const news = state.connection === before.connection ? null : connectionNews(before.connection, state.connection);
      add(news === null ? events : [...events, news]);
    });
    return () => { deaf(); stop(); if (timer !== null) clearTimeout(timer); };
  }, []);
  return <div role="status" aria-live="polite" className="sr-only" data-testid="announcer">{said}</div>;
}

function connectionNews(before: Connection, now: Connection): string | null {
  if (now === "lost") return "The live connection is lost. Figures are the last known ones.";
  return now === "live" && before === "lost" ? "The live connection is back." : null;
}
