import type { StoredEvent } from "../../server/events/catalogue.ts";
import { Time } from "../ui/Time.tsx";

/** One event: when, what happened and why, who. */
export function EventRow({ event }: { event: StoredEvent }) {
  return (
    <li className="grid grid-cols-[4.5rem_1fr] gap-x-3 border-b border-line py-1.5 sm:grid-cols-[9.5rem_10rem_1fr_auto]" data-testid="event">
      <span className="text-ink-2"><span className="max-sm:hidden"><Time iso={event.at} both /></span><span className="sm:hidden"><Time iso={event.at} /></span></span>
      <span className={`num truncate text-xs leading-5 max-sm:text-right ${isBad(event) ? "text-bad" : "text-ink-3"}`}>{event.name}</span>
      <span className="min-w-0 break-words max-sm:col-span-2">{event.message}</span>
      <span className="text-xs text-ink-3 max-sm:hidden">{event.actor}</span>
    </li>
  );
}

const isBad = (event: StoredEvent) => event.name === "node.lost" || event.name === "model.refused" || (event.name === "migration.finished" && (event.payload as { outcome?: string }).outcome === "rolled-back");
