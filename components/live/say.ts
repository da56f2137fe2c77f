// Owns what a part of a page wants read out: the announcer says it between the events, so that nothing talks over anything else.
type Listener = (message: string) => void;
const listeners = new Set<Listener>();

export function say(message: string): void {
  for (const hear of listeners) hear(message);
}

/** Returns how to stop. */
export function hearSaid(hear: Listener): () => void {
  listeners.add(hear);
  return () => { listeners.delete(hear); };
}
