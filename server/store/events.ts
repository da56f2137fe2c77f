// Owns rows of the event log. Sequence numbers are taken under an advisory transaction lock and have no gaps: order of sequence = order of commit.
import type { Event as EventRow, Prisma } from "../../prisma/generated/client.ts";
import { type EventKind, type EventName, type EventPayloads, type EventSeverity, SEVERITY_RULES, type StoredEvent } from "../events/catalogue.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";

/** Any constant: the same one for every writer of this database. */
const EVENT_LOCK_KEY = 3_141_592_653n;
/** Events in one answer; a reader that wants more asks again from the last sequence. */
export const MAX_EVENTS_PER_PAGE = 1000;

/** Appends one event in the caller's transaction. The lock is held until that transaction ends, so append late and commit soon. */
export async function insertEvent<N extends EventName>(
  tx: Tx,
  event: { name: N; subjectId: string; actor: string; message: string; payload: EventPayloads[N] },
  at: Date,
): Promise<StoredEvent<N>> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(${EVENT_LOCK_KEY}::bigint)`;
  // A statement of its own: under READ COMMITTED its snapshot is taken after the lock, so it sees what the previous holder committed.
  const rows = await tx.$queryRaw<{ next: bigint }[]>`SELECT coalesce(max(seq), 0) + 1 AS next FROM "Event"`;
  const seq = BigInt(rows[0]?.next ?? 1n);
  await tx.event.create({ data: { seq, at, name: event.name, subjectId: event.subjectId, actor: event.actor, message: event.message, payload: toJson(event.payload) } });
  return { seq: Number(seq), at: at.toISOString(), ...event };
}

export async function eventHeadSeq(db: Db | Tx): Promise<number> {
  const head = await db.event.aggregate({ _max: { seq: true } });
  return Number(head._max.seq ?? 0n);
}

export type EventQuery = {
  afterSeq?: number; beforeSeq?: number; limit: number;
  /** Of this thing, or of a deployment: also what happened elsewhere for its sake. */
  subjectId?: string;
  kind?: EventKind;
  /** This one and worse. */
  severity?: EventSeverity;
  /** In name, message, actor or subject, whatever the case. */
  text?: string;
};

/** Ascending by sequence. With `afterSeq` the oldest ones after it, otherwise the newest ones (before `beforeSeq`). */
export async function listEvents(db: Db | Tx, query: EventQuery): Promise<StoredEvent[]> {
  const forward = query.afterSeq !== undefined;
  const rows = await db.event.findMany({
    where: {
      AND: filtersOf(query),
      seq: { ...(query.afterSeq === undefined ? {} : { gt: BigInt(query.afterSeq) }), ...(query.beforeSeq === undefined ? {} : { lt: BigInt(query.beforeSeq) }) },
    },
    orderBy: { seq: forward ? "asc" : "desc" },
    take: Math.min(query.limit, MAX_EVENTS_PER_PAGE),
  });
  return (forward ? rows : rows.reverse()).map(toEvent);
}

/** Of these names about these things in a span of time, oldest first. */
export async function listEventsBetween(db: Db | Tx, query: { names: readonly EventName[]; subjectIds: readonly string[]; from: Date; to: Date; limit: number }): Promise<StoredEvent[]> {
  const { names, subjectIds, from, to, limit } = query;
  const rows = await db.event.findMany({ where: { name: { in: [...names] }, subjectId: { in: [...subjectIds] }, at: { gte: from, lte: to } }, orderBy: { seq: "desc" }, take: Math.min(limit, MAX_EVENTS_PER_PAGE) });
  return rows.reverse().map(toEvent);
}

function filtersOf({ subjectId, kind, severity, text }: EventQuery): Prisma.EventWhereInput[] {
  const filters: Prisma.EventWhereInput[] = [];
  if (subjectId !== undefined) filters.push({ OR: [{ subjectId }, { payload: { path: ["deploymentId"], equals: subjectId } }] });
  if (kind !== undefined) filters.push({ name: { startsWith: `${kind}.` } });
  if (severity !== undefined && severity !== "info") {
    const rules = SEVERITY_RULES.filter((rule) => severity === "warn" || rule.severity === "error");
    filters.push({ OR: rules.map(({ name, field, values }) => ({ name, ...(field === undefined ? {} : { OR: (values ?? []).map((value) => ({ payload: { path: [field], equals: value } })) }) })) });
  }
  if (text !== undefined && text !== "") filters.push({ OR: (["name", "message", "actor", "subjectId"] as const).map((column) => ({ [column]: { contains: escaped(text), mode: "insensitive" as const } })) });
  return filters;
}

/** A percent sign that is looked for is no wildcard. */
const escaped = (text: string): string => text.replace(/[\\%_]/g, "\\$&");

function toEvent(row: EventRow): StoredEvent {
  return {
    seq: Number(row.seq),
    at: row.at.toISOString(),
    name: row.name as EventName,
    subjectId: row.subjectId,
    actor: row.actor,
    message: row.message,
    payload: fromJson<EventPayloads[EventName]>(row.payload),
  };
}
