import Link from "next/link";
import { memo } from "react";
import type { StoredEvent } from "../../server/events/catalogue.ts";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";
import { eventPlace, eventSeverity } from "./event-filter.ts";

const TONES = { info: "idle", warn: "warn", error: "bad" } as const;

/** One event: when, how bad, what happened and why, who. Its name leads to what it is about. */
export const EventRow = memo(function EventRow({ event }: { event: StoredEvent }) {
  const severity = eventSeverity(event);
  const place = eventPlace(event);
  const name = <span className="num truncate text-xs leading-5">{event.name}</span>;
  return (
    <li className="grid [contain-intrinsic-block-size:auto_2.1rem] [content-visibility:auto] grid-cols-[minmax(0,1fr)] gap-x-3 min-[18rem]:grid-cols-[4.5rem_minmax(0,1fr)] border-b border-line py-1.5 sm:grid-cols-[9.5rem_12rem_minmax(0,1fr)_auto]" data-testid="event" data-seq={event.seq} data-severity={severity}>
      <span className="text-ink-2"><span className="max-sm:hidden"><Time iso={event.at} both /></span><span className="sm:hidden"><Time iso={event.at} /></span></span>
      <span className="min-w-0 truncate min-[18rem]:max-sm:text-right">
        <State tone={TONES[severity]}>{severity !== "info" && <span className="sr-only">{severity === "warn" ? "warning: " : "error: "}</span>}{place ? <Link href={place} className="font-normal underline decoration-line-strong underline-offset-4 hover:decoration-accent">{name}</Link> : <span className="font-normal">{name}</span>}</State>
      </span>
      <span className="min-w-0 break-words min-[18rem]:max-sm:col-span-2">{event.message}</span>
      <span className="text-xs text-ink-3 max-sm:hidden">{event.actor.replace(/^node:/, "")}</span>
    </li>
  );
});
