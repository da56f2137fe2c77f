// Owns which events are marked on charts, and how. Pure.
import type { StoredEvent } from "../../server/events/catalogue.ts";

export type Marker = { seq: number; atMs: number; label: string; tone: "accent" | "bad" | "idle" };

/** Steps of a move that change what is measured; the others are in the timeline. */
const MARKED_STEPS: Record<string, string> = { cutover: "cutover", drain: "drain", "rolling-back": "rolled back", pause: "pause", restore: "rolled back" };

export function chartMarkers(events: readonly StoredEvent[]): Marker[] {
  return events.flatMap((event) => {
    const marked = markOf(event);
    return marked ? [{ seq: event.seq, atMs: Date.parse(event.at), ...marked }] : [];
  });
}

function markOf({ name, payload }: StoredEvent): Pick<Marker, "label" | "tone"> | null {
  const said = payload as Record<string, unknown>;
  if (name === "migration.step") return MARKED_STEPS[String(said.to)] ? { label: MARKED_STEPS[String(said.to)] as string, tone: "accent" } : null;
  if (name === "migration.finished" && said.outcome !== "done") return { label: String(said.outcome), tone: "bad" };
  if (name === "node.lost") return { label: "lost", tone: "bad" };
  if (name === "node.online") return { label: "online", tone: "idle" };
  if (name === "deployment.created") return { label: "created", tone: "idle" };
  if (name === "deployment.stopped") return { label: "stopped", tone: "idle" };
  if (name === "deployment.resumed") return { label: "resumed", tone: "idle" };
  if (name === "assignment.changed" && said.state === "failed") return { label: "stage failed", tone: "bad" };
  if (name === "node.notice" && said.level === "error") return { label: String(said.code), tone: "bad" };
  return null;
}
