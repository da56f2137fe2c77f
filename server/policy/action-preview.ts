// Owns the shape of what an action would do, said before it is done. Types only.
export type ActionPreview = {
  possible: boolean;
  /** Why not; empty when it is possible. */
  reasons: { message: string; fix: string | null }[];
  /** What will happen, in order. */
  effects: string[];
  /** What is gone for good, or for as long as it lasts; empty = nothing. */
  losses: string[];
  /** How to take it back; null = it can't be. */
  undo: string | null;
  /** What the person types, so that it is this thing and no other; null = a button is enough. */
  typed: string | null;
};

/** Refused: nothing would happen, so nothing is lost. */
export function refusedPreview(message: string, fix: string | null): ActionPreview {
  return { possible: false, reasons: [{ message, fix }], effects: [], losses: [], undo: null, typed: null };
}

/** "1 segment", "2 segments". */
export function countOf(count: number, one: string): string {
  return `${count} ${one}${count === 1 ? "" : "s"}`;
}
