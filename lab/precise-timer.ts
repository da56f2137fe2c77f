// Owns waking up on time: Node's timers are whole milliseconds and late; this one turns the event loop for the last stretch instead.

/** Milliseconds with a fraction, from a clock that never jumps. */
export function nowMs(): number {
  return performance.now();
}

/** Below this the loop is turned without sleeping: a 1 ms timer may fire 1.2 ms later on a quiet machine. */
const SPIN_BELOW_MS = 1.3;

/** Calls `wake` no earlier than the time last asked for, and as little later as the event loop allows. One wake-up at a time. */
export function createPreciseTimer(wake: () => void): { wakeAt(atMs: number): void; stop(): void } {
  let timer: NodeJS.Timeout | null = null;
  let spin: NodeJS.Immediate | null = null;
  let dueMs = Number.POSITIVE_INFINITY;
  const clear = () => {
    if (timer) clearTimeout(timer);
    if (spin) clearImmediate(spin);
    timer = null;
    spin = null;
  };
  const arm = () => {
    clear();
    const left = dueMs - nowMs();
    if (left === Number.POSITIVE_INFINITY) return;
    if (left > SPIN_BELOW_MS) timer = setTimeout(arm, Math.max(1, Math.floor(left - SPIN_BELOW_MS) + 1));
    else if (left > 0) spin = setImmediate(arm);
    else {
      dueMs = Number.POSITIVE_INFINITY;
      wake();
    }
  };
  return {
    wakeAt(atMs) {
      if (atMs === dueMs) return;
      dueMs = atMs;
      // Never wakes inside the caller: a delivery that sends again must not recurse.
      clear();
      if (dueMs - nowMs() > SPIN_BELOW_MS) arm();
      else if (dueMs !== Number.POSITIVE_INFINITY) spin = setImmediate(arm);
    },
    stop() {
      dueMs = Number.POSITIVE_INFINITY;
      clear();
    },
  };
}
