// Owns which events are shown, how bad each is and where it leads: the same rules as the server's own filter. Pure.
import { EVENT_KINDS, EVENT_SEVERITIES, type EventKind, type EventSeverity, SEVERITY_RULES, type StoredEvent } from "../../server/events/catalogue.ts";

export type EventFilter = { kind: EventKind | null; severity: EventSeverity | null; subjectId: string | null; text: string };
export const NO_FILTER: EventFilter = { kind: null, severity: null, subjectId: null, text: "" };

export const eventKind = (event: Pick<StoredEvent, "name">): string => event.name.slice(0, event.name.indexOf("."));

export function eventSeverity(event: Pick<StoredEvent, "name" | "payload">): EventSeverity {
  const said = event.payload as Record<string, unknown>;
  return SEVERITY_RULES.find((rule) => rule.name === event.name && (rule.field === undefined || rule.values?.includes(String(said[rule.field]))))?.severity ?? "info";
}

export function matchesFilter(event: StoredEvent, { kind, severity, subjectId, text }: EventFilter): boolean {
  const wanted = text.trim().toLowerCase();
  return (
    (kind === null || eventKind(event) === kind) &&
    (severity === null || EVENT_SEVERITIES.indexOf(eventSeverity(event)) >= EVENT_SEVERITIES.indexOf(severity)) &&
    (subjectId === null || event.subjectId === subjectId || (event.payload as { deploymentId?: string }).deploymentId === subjectId) &&
    (wanted === "" || [event.name, event.message, event.actor, event.subjectId].some((part) => part.toLowerCase().includes(wanted)))
  );
}

/** Anything else in the address counts as no filter. */
export function readFilter(params: { kind: string | null; severity: string | null; subject: string | null; q: string | null }): EventFilter {
  return {
    kind: EVENT_KINDS.find((one) => one === params.kind) ?? null,
    severity: EVENT_SEVERITIES.find((one) => one === params.severity && one !== "info") ?? null,
    subjectId: params.subject && /^[a-z]+_[\w-]{1,60}$/.test(params.subject) ? params.subject : null,
    text: (params.q ?? "").slice(0, 200),
  };
}

const PLACES: Record<string, (id: string) => string> = {
  nod: (id) => `/nodes/${id}`, dep: (id) => `/deployments/${id}?tab=timeline`, mdl: (id) => `/models/${id}`, top: (id) => `/topologies/${id}`, pln: () => "/plans",
};

/** Where the thing an event is about can be seen; null where it is gone or has no page. */
export function eventPlace(event: Pick<StoredEvent, "name" | "subjectId">): string | null {
  if (event.name.endsWith(".deleted") || event.name === "node.removed") return null;
  return PLACES[event.subjectId.slice(0, event.subjectId.indexOf("_"))]?.(event.subjectId) ?? null;
}
