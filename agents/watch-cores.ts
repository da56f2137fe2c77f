// Owns noticing that this process may use fewer or more cores than a moment ago: a quota is read several times a second, so that a throttled node says so before
// its figures do.
import { type ReadText, readSystemFile, usableCores } from "./hardware.ts";

const LOOK_EVERY_MS = 250;
/** Share by which it must differ. */
const LEAST_CHANGE = 0.05;

/** `onChange`: cores now and before. @returns how to end it. */
export function watchCores(onChange: (now: number, before: number) => void, { read = readSystemFile, everyMs = LOOK_EVERY_MS }: { read?: ReadText; everyMs?: number } = {}): () => void {
  let known = usableCores(read);
  const timer = setInterval(() => {
    const now = usableCores(read);
    if (Math.abs(now - known) <= LEAST_CHANGE * known) return;
    const before = known;
    known = now;
    onChange(now, before);
  }, everyMs);
  return () => clearInterval(timer);
}
