// Owns how a control loop runs: one pass at a time, at an interval with jitter, sooner when woken, later after errors. What a pass does is the
// caller's; it reacts to the state it finds, not to what woke it, so that wake-ups may be lost or doubled.
//
//   idle ──interval passed, or woken (after a short gather)──▶ running ──done──▶ idle
//                                                              running ──threw──▶ backing off: twice as long each time, capped ──▶ running
//   A wake-up while running makes one more pass at once. stop() waits for the pass that runs.
import type { Logger } from "pino";

export type Loop = { wake(): void; stop(): Promise<void> };
export type LoopOptions = {
  name: string;
  intervalMs: number;
  run: () => Promise<void>;
  log: Logger;
  /** Milliseconds until there is something to see, where that is sooner than the interval. */
  dueInMs?: () => number;
  /** Tests give their own. Default: a random share of ±10 %. */
  random?: () => number;
};

/** Wake-ups of one moment make one pass. */
const GATHER_MS = 15;
/** A pass that wakes itself must not spin. */
const MIN_GAP_MS = 50;
const BACK_OFF_FIRST_MS = 250;
const BACK_OFF_MAX_MS = 10_000;

export function startLoop(options: LoopOptions): Loop {
  const { name, intervalMs, run, log, dueInMs = () => Number.POSITIVE_INFINITY, random = Math.random } = options;
  let timer: NodeJS.Timeout | null = null;
  let running: Promise<void> | null = null;
  let isWoken = false;
  let isStopped = false;
  let failures = 0;

  const schedule = (ms: number): void => {
    if (isStopped) return;
    if (timer) clearTimeout(timer);
    timer = setTimeout(() => {
      timer = null;
      running = pass();
    }, ms);
  };

  const pass = async (): Promise<void> => {
    isWoken = false;
    try {
      await run();
      if (failures > 0) log.info({ loop: name, failures }, "a control loop works again");
      failures = 0;
    } catch (error) {
      failures++;
      // The first one of a streak says what is wrong; the rest would only repeat it.
      if (failures === 1) log.warn({ err: error, loop: name }, "a control loop failed and backs off");
    }
    running = null;
    if (failures > 0) schedule(Math.min(BACK_OFF_MAX_MS, BACK_OFF_FIRST_MS * 2 ** (failures - 1)) * (0.5 + random()));
    else schedule(isWoken ? MIN_GAP_MS : Math.min(intervalMs * (0.9 + 0.2 * random()), Math.max(MIN_GAP_MS, dueInMs())));
  };

  schedule(GATHER_MS);
  return {
    wake() {
      if (isWoken || isStopped || failures > 0) return;
      isWoken = true;
      if (!running) schedule(GATHER_MS);
    },
    async stop() {
      isStopped = true;
      if (timer) clearTimeout(timer);
      await running;
    },
  };
}
