// Owns the event log's write side. The sequence is taken under an advisory transaction lock, so that order of sequence = order of commit
// and "replay from N" misses nothing.
import type { Logger } from "pino";
import type { Clock } from "../clock.ts";
import type { Db, Tx } from "../store/db.ts";
import { insertEvent, listEvents, MAX_EVENTS_PER_PAGE } from "../store/events.ts";
import type { EventName, EventPayloads, StoredEvent } from "./catalogue.ts";

export type NewEvent<N extends EventName = EventName> = { name: N; subjectId: string; actor: string; message: string; payload: EventPayloads[N] };
export type Append = <N extends EventName>(event: NewEvent<N>) => Promise<StoredEvent<N>>;
export type Publisher = {
  /** Appends inside `tx`. Listeners are told after `committed` is called with the returned event. */
  append<N extends EventName>(tx: Tx, event: NewEvent<N>): Promise<StoredEvent<N>>;
  /** Says that the transaction of an appended event has committed. */
  committed(event: StoredEvent): void;
  /** Runs `work` in a transaction; events appended in it reach listeners after its commit. `work` runs again after a deadlock: it must have no effect but on `tx`. */
  transact<T>(work: (tx: Tx, append: Append) => Promise<T>): Promise<T>;
  /** Hears every committed event, in order. Returns the way to stop. */
  listen(listener: (event: StoredEvent) => void): () => void;
  /** Somebody else appended up to `seq`: listeners hear what they have not heard yet. */
  catchUp(seq: number): void;
};

/** Two writers that take a row's lock and the log's lock in opposite order: PostgreSQL ends one of them, which runs again. */
const MAX_ATTEMPTS = 4;
/** A transaction that waits longer for a connection, or runs longer, has gone wrong. */
const MAX_WAIT_MS = 15_000;
const MAX_TRANSACTION_MS = 30_000;

/** `log` hears of listeners that throw; they never break the writer. `onCommitted` is told the last sequence of each transaction of this process. */
export function createPublisher(db: Db, clock: Clock, log?: Logger, onCommitted?: (seq: number) => void): Publisher {
  const listeners = new Set<(event: StoredEvent) => void>();
  /** Last sequence the listeners heard; null until the first append of this process. */
  let deliveredSeq: number | null = null;
  let delivering: Promise<void> = Promise.resolve();

  const append = async <N extends EventName>(tx: Tx, event: NewEvent<N>): Promise<StoredEvent<N>> => {
    const stored = await insertEvent(tx, event, new Date(clock.now()));
    // The lock is held here, so nobody in this process has appended a later event yet.
    deliveredSeq ??= stored.seq - 1;
    return stored;
  };

  const tell = (event: StoredEvent): void => {
    for (const listener of listeners) {
      try {
        listener(event);
      } catch (error) {
        log?.error({ err: error, event: event.name }, "an event listener failed");
      }
    }
  };

  /** Tells everything up to `last`. Commits answer on different connections, so a later one may be heard of first: what is missing is read back. */
  const deliver = async (lastSeq: number, known: StoredEvent[]): Promise<void> => {
    let at = deliveredSeq ?? (known[0]?.seq ?? lastSeq) - 1;
    while (at < lastSeq) {
      const next = known.find((event) => event.seq === at + 1);
      const batch: StoredEvent[] = next ? [next] : await listEvents(db, { afterSeq: at, limit: MAX_EVENTS_PER_PAGE });
      if (batch.length === 0) return;
      for (const event of batch) {
        at = event.seq;
        deliveredSeq = at;
        tell(event);
      }
    }
  };

  const committed = (events: StoredEvent[]): void => {
    const last = events.at(-1);
    if (last === undefined) return;
    onCommitted?.(last.seq);
    catchUp(last.seq, events);
  };
  const catchUp = (lastSeq: number, known: StoredEvent[]): void => {
    delivering = delivering.then(() => deliver(lastSeq, known)).catch((error) => log?.error({ err: error }, "events could not be read back"));
  };

  const transact = async <T>(work: (tx: Tx, append: Append) => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt++) {
      const appended: StoredEvent[] = [];
      try {
        const result = await db.$transaction(
          (tx) =>
            work(tx, async (event) => {
              const stored = await append(tx, event);
              appended.push(stored);
              return stored;
            }),
          { maxWait: MAX_WAIT_MS, timeout: MAX_TRANSACTION_MS },
        );
        committed(appended);
        return result;
      } catch (error) {
        if (attempt >= MAX_ATTEMPTS || !isDeadlock(error)) throw error;
      }
    }
  };

  return {
    append,
    committed: (event) => committed([event]),
    transact,
    catchUp: (seq) => catchUp(seq, []),
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Prisma's P2034, or PostgreSQL's own codes when they come through a raw query. */
function isDeadlock(error: unknown): boolean {
  const { code, meta } = (error ?? {}) as { code?: unknown; meta?: unknown };
  return code === "P2034" || /40P01|40001/.test(JSON.stringify(meta ?? ""));
}

/** The same, and `fence` is asked first in every transaction: what it throws rolls it back. */
export function fencedPublisher(publisher: Publisher, fence: (tx: Tx) => Promise<void>): Publisher {
  return {
    ...publisher,
    transact: (work) =>
      publisher.transact(async (tx, append) => {
        await fence(tx);
        return work(tx, append);
      }),
  };
}
