// Owns what of the live feed is read out, and how often: the console may tell a hundred events a minute, a listener hears the last of a few seconds and how many there were. Pure.
import type { EventName } from "../../server/events/catalogue.ts";

/** A sentence takes about this long to be read; saying more often would only cut it off. */
export const SPEAK_EVERY_MS = 5000;
/** What somebody working on something else wants to know. Steps, figures and what one does oneself are seen where they happen. */
const SPOKEN: ReadonlySet<EventName> = new Set<EventName>([
  "model.imported", "model.refused", "model.deleted", "node.enrolled", "node.online", "node.late", "node.lost", "node.removed",
  "deployment.created", "deployment.stopped", "deployment.resumed", "migration.started", "migration.finished",
]);

export const isSpoken = (name: EventName): boolean => SPOKEN.has(name);

/** What is said of the messages that wait, newest last. */
export function announcementOf(waiting: readonly string[]): string {
  const last = waiting.at(-1) ?? "";
  const others = waiting.length - 1;
  return others < 1 ? last : `${last} ${others} event${others === 1 ? "" : "s"} before it.`;
}

/** How long to wait before the next may be said. */
export const pauseMs = (lastSpokenMs: number | null, nowMs: number): number => (lastSpokenMs === null ? 0 : Math.max(0, lastSpokenMs + SPEAK_EVERY_MS - nowMs));
