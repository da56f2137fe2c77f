// Owns the lines of a node's log as a browser holds them: bounded, in order, with the places marked where lines are missing. Pure.
import type { LogPage } from "../api.ts";

export type LogRow = LogPage["lines"][number] & { bootId: string };
/** `before`: why what stands above this row may not follow it directly. */
export type LogEntry = { kind: "line"; row: LogRow } | { kind: "missing"; count: number; key: string } | { kind: "restarted"; key: string };
export type LogView = { bootId: string | null; nextSeq: number | null; entries: LogEntry[] };

/** What an agent keeps; the browser keeps as much. */
export const LOG_ENTRIES_MAX = 2_000;
export const NO_LOG: LogView = { bootId: null, nextSeq: null, entries: [] };

/** Adds what followed. Lines the agent had already forgotten are counted, a new start of the agent is marked. */
export function addLogPage(view: LogView, page: LogPage): LogView {
  const restarted = view.bootId !== null && view.bootId !== page.bootId;
  // An answer to a question that was asked of the agent's former life.
  const expected = view.nextSeq === null || restarted ? null : view.nextSeq + 1;
  const missing = expected !== null && page.firstSeq > expected ? page.firstSeq - expected : 0;
  const added: LogEntry[] = [
    ...(restarted ? [{ kind: "restarted" as const, key: page.bootId }] : []),
    ...(missing > 0 ? [{ kind: "missing" as const, count: missing, key: `${page.bootId}-${page.firstSeq}` }] : []),
    ...page.lines.filter((line) => expected === null || line.seq >= expected).map((line) => ({ kind: "line" as const, row: { ...line, bootId: page.bootId } })),
  ];
  return { bootId: page.bootId, nextSeq: page.nextSeq, entries: [...view.entries, ...added].slice(-LOG_ENTRIES_MAX) };
}

/** True when the agent was started anew since: its lines count from 1 again and must be asked for from the start. */
export const mustStartOver = (view: LogView, page: LogPage): boolean => view.bootId !== null && page.bootId !== view.bootId;

const ORDER = ["debug", "info", "warn", "error"] as const;
export type LogLevel = (typeof ORDER)[number];
export const LOG_LEVELS = ORDER;

/** Lines of `least` and worse with `text` in them; marks stay. */
export function filterLog(entries: readonly LogEntry[], least: LogLevel, text: string): LogEntry[] {
  const wanted = text.trim().toLowerCase();
  return entries.filter((entry) => entry.kind !== "line" || (ORDER.indexOf(entry.row.level) >= ORDER.indexOf(least) && (wanted === "" || `${entry.row.code} ${entry.row.message}`.toLowerCase().includes(wanted))));
}

/** As the agent itself writes them. */
export function logText(entries: readonly LogEntry[]): string {
  return entries.map((entry) => {
    if (entry.kind === "line") return `${entry.row.at} ${entry.row.level.padEnd(5)} ${entry.row.code} ${entry.row.message}\n`;
    return entry.kind === "missing" ? `… ${entry.count} lines are missing …\n` : "… the agent was started anew …\n";
  }).join("");
}
