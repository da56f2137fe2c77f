"use client";
import { useQuery } from "@tanstack/react-query";
import { EVENT_KINDS } from "../../server/events/catalogue.ts";
import { api } from "../api.ts";
import { setAddressParams, useAddressParam } from "../shell/use-address-param.ts";
import { Button } from "../ui/Button.tsx";
import { Empty } from "../ui/Empty.tsx";
import { Problem } from "../ui/Problem.tsx";
import { EventRow } from "./EventRow.tsx";
import { readFilter } from "./event-filter.ts";
import { useEvents } from "./use-events.ts";

/** What happened and why, newest first, with filters that are in the address. `subjectId`: of one thing only. */
export function EventTimeline({ subjectId, nothing }: { subjectId?: string; nothing: string }) {
  const [kind, setKind] = useAddressParam("kind");
  const [severity, setSeverity] = useAddressParam("severity");
  const [subject, setSubject] = useAddressParam("subject");
  const [text, setText] = useAddressParam("q");
  const filter = { ...readFilter({ kind, severity, subject, q: text }), ...(subjectId === undefined ? {} : { subjectId }) };
  const { events, older } = useEvents(filter);
  const filtered = filter.kind !== null || filter.severity !== null || filter.text !== "" || (subjectId === undefined && filter.subjectId !== null);
  const clear = () => setAddressParams({ kind: null, severity: null, subject: null, q: null });
  const stored = older.data?.pages.reduce((sum, page) => sum + page.events.length, 0) ?? 0;
  return (
    <div data-testid="timeline">
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <select className="field w-auto!" aria-label="Kind of event" value={filter.kind ?? ""} onChange={(event) => setKind(event.target.value || null)}><option value="">every kind</option>{EVENT_KINDS.map((one) => <option key={one} value={one}>{one}</option>)}</select>
        <select className="field w-auto!" aria-label="Severity" value={filter.severity ?? ""} onChange={(event) => setSeverity(event.target.value || null)}><option value="">every severity</option><option value="warn">warnings and errors</option><option value="error">errors</option></select>
        {subjectId === undefined && <SubjectChoice value={filter.subjectId} choose={setSubject} />}
        <input className="field w-44!" placeholder="Text" aria-label="Text in the event" value={filter.text} onChange={(event) => setText(event.target.value || null, "replace")} />
        {filtered && <Button look="quiet" onClick={clear}>Clear filters</Button>}
        <span className="text-xs text-ink-3">{older.isPending ? "Asking…" : `${events.length} event${events.length === 1 ? "" : "s"}${older.hasNextPage ? " shown, older ones below" : ""}`}</span>
        {/* What a filter found, and not each event that comes: those are read out in one place. */}
        <span role="status" className="sr-only">{filtered && !older.isPending ? `${stored}${older.hasNextPage ? " or more" : ""} event${stored === 1 ? "" : "s"} found` : ""}</span>
      </div>
      {older.error && <Problem title="Events could not be read" error={older.error} retry={() => void older.refetch()} />}
      {events.length === 0 && !older.isPending && !older.error && <Empty title={filtered ? "No event matches" : "Nothing has happened yet"}>{filtered ? "Clear the filters to see all." : nothing}</Empty>}
      <ol aria-label="Events, newest first">{events.map((event) => <EventRow key={event.seq} event={event} />)}</ol>
      {older.hasNextPage && <Button className="mt-3" onClick={() => void older.fetchNextPage()} disabled={older.isFetchingNextPage} data-testid="older-events">{older.isFetchingNextPage ? "Asking…" : "Older"}</Button>}
    </div>
  );
}

/** One of what is there; a subject that is gone stays chosen by its id. */
function SubjectChoice({ value, choose }: { value: string | null; choose: (id: string | null) => void }) {
  const groups = [
    ["Deployments", useQuery(api.deployments.list.queryOptions()).data], ["Nodes", useQuery(api.nodes.list.queryOptions()).data],
    ["Models", useQuery(api.models.list.queryOptions()).data], ["Topologies", useQuery(api.topologies.list.queryOptions()).data],
  ] as const;
  const known = groups.some(([, rows]) => rows?.some((row) => row.id === value));
  return (
    <select className="field w-auto! max-w-48" aria-label="About what" value={value ?? ""} onChange={(event) => choose(event.target.value || null)}>
      <option value="">about anything</option>
      {value !== null && !known && <option value={value}>{value}</option>}
      {groups.map(([name, rows]) => rows && rows.length > 0 && <optgroup key={name} label={name}>{rows.map((row) => <option key={row.id} value={row.id}>{row.name}</option>)}</optgroup>)}
    </select>
  );
}
