// Owns the moment that relative times are counted from: one clock for the whole page, so that a thousand of them cost one timer.
import { useSyncExternalStore } from "react";

const TICK_MS = 4000;

const listeners = new Set<() => void>();
let nowMs = 0;
let timer: ReturnType<typeof setInterval> | null = null;

/** Milliseconds since the epoch, at most 4 s old; null while the page is the server's. */
export function useNow(): number | null {
  return useSyncExternalStore(listen, read, () => null);
}

function listen(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    nowMs = Date.now();
    for (const one of listeners) one();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0 || timer === null) return;
    clearInterval(timer);
    timer = null;
  };
}

/** Without a running clock nobody listens, and the moment may be old. */
function read(): number {
  if (timer === null && Date.now() - nowMs > TICK_MS) nowMs = Date.now();
  return nowMs;
}
