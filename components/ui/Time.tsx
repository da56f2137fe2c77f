"use client";
import { useEffect, useState } from "react";
import { relativeTime } from "../format.ts";

const TICK_MS = 5000;

/** The time of day; with the date where it is not today's. */
function clockText(iso: string, nowMs: number): string {
  const at = new Date(iso);
  const clock = at.toLocaleTimeString("en-GB");
  return at.toDateString() === new Date(nowMs).toDateString() ? clock : `${at.toLocaleDateString("en-GB", { day: "numeric", month: "short" })} ${clock}`;
}

/** Relative time, the absolute one beside it or in its title. */
export function Time({ iso, both = false }: { iso: string | null; both?: boolean }) {
  const [nowMs, setNow] = useState<number | null>(null);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => setNow(Date.now()), TICK_MS);
    return () => clearInterval(timer);
  }, []);
  if (iso === null) return <span className="text-ink-3">never</span>;
  const absolute = nowMs === null ? iso : new Date(iso).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" });
  return (
    <time dateTime={iso} title={absolute} className="whitespace-nowrap">
      {nowMs === null ? "" : relativeTime(iso, nowMs)}
      {both && nowMs !== null && <span className="num ml-2 text-xs text-ink-3">{clockText(iso, nowMs)}</span>}
    </time>
  );
}
