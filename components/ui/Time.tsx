"use client";
import { relativeTime } from "../format.ts";
import { useNow } from "./use-now.ts";

// Made once: a formatter costs a hundred times what it formats.
const CLOCK = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const WHOLE = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });

/** The time of day; with the date where it is not today's. */
function clockText(iso: string, nowMs: number): string {
  const at = new Date(iso);
  const clock = CLOCK.format(at);
  return at.toDateString() === new Date(nowMs).toDateString() ? clock : `${DAY.format(at)} ${clock}`;
}

/** Relative time, the absolute one beside it or in its title. */
export function Time({ iso, both = false }: { iso: string | null; both?: boolean }) {
  const nowMs = useNow();
  if (iso === null) return <span className="text-ink-3">never</span>;
  const absolute = nowMs === null ? iso : WHOLE.format(new Date(iso));
  return (
    <time dateTime={iso} title={absolute} className="whitespace-nowrap">
      {nowMs === null ? "" : relativeTime(iso, nowMs)}
      {both && nowMs !== null && <span className="num ml-2 text-xs text-ink-3">{clockText(iso, nowMs)}</span>}
    </time>
  );
}
