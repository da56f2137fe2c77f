// Owns the event log's write side. The sequence is taken under an advisory transaction lock, so that order of sequence = order of commit
// and "replay from N" misses nothing.
import type { Tx } from "../store/db.ts";
import type { EventName, EventPayloads, StoredEvent } from "./catalogue.ts";

export type NewEvent<N extends EventName = EventName> = { name: N; subjectId: string; actor: string; message: string; payload: EventPayloads[N] };
export type Publisher = {
  /** Appends inside `tx`. Listeners are told after `committed` is called with the returned event. */
  append<N extends EventName>(tx: Tx, event: NewEvent<N>): Promise<StoredEvent<N>>;
  /** Runs `work` in a transaction; events appended in it reach listeners after its commit. */
  transact<T>(work: (tx: Tx, append: <N extends EventName>(event: NewEvent<N>) => Promise<StoredEvent<N>>) => Promise<T>): Promise<T>;
  /** Hears every committed event, in order. Returns the way to stop. */
  listen(listener: (event: StoredEvent) => void): () => void;
};
