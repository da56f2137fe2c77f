// Owns when a failed read takes the place of what it read: when there is nothing older to show, or when the thing itself is gone. Else the old stays, marked as stale.
import { problemOf } from "./api.ts";

export const isGone = (error: unknown): boolean => ["not-found", "gone"].includes(problemOf(error).code);

export function shownError({ error, data }: { error: unknown; data: unknown }): unknown {
  return error !== null && error !== undefined && (data === undefined || isGone(error)) ? error : null;
}
