// Owns what the signals that end the console do: the first one stops it in order, a later one at once.

/** npm passes on what the terminal has sent to everybody already: signals this close together are one. */
export const SAME_SIGNAL_MS = 1_000;

export type StopSignals = {
  /** Where signals come from; `process` but in tests. */
  source: { on(signal: NodeJS.Signals, listener: () => void): unknown };
  now(): number;
  /** At the first signal, before the abort. */
  onFirst(): void;
  /** At one that comes later than it could be the same. */
  onImpatient(): void;
};

/** @returns aborted at the first signal */
export function listenForStop({ source, now, onFirst, onImpatient }: StopSignals): AbortSignal {
  const controller = new AbortController();
  let firstAt = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    source.on(signal, () => {
      if (controller.signal.aborted) {
        if (now() - firstAt >= SAME_SIGNAL_MS) onImpatient();
        return;
      }
      firstAt = now();
      onFirst();
      controller.abort();
    });
  }
  return controller.signal;
}
