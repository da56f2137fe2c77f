// Owns the worker by which a page asks whether consoles live. It is fetched while this console still answers, and again when another one was told of:
// which consoles it may reach is decided by its answer's policy.

const ANSWER_WITHIN_MS = 2_500;
/** The worker itself may be gone. */
const WORKER_WITHIN_MS = ANSWER_WITHIN_MS + 2_000;

export type ConsoleAsker = {
  /** For these origins from now on. */
  prepare(): void;
  canAsk(): boolean;
  /** Those of `origins` that live; null = they could not be asked. */
  ask(origins: readonly string[]): Promise<string[] | null>;
  stop(): void;
};

export function makeConsoleAsker(): ConsoleAsker {
  let worker: Worker | null = null;
  let nextId = 0;
  const stop = () => { worker?.terminate(); worker = null; };
  return {
    prepare() {
      stop();
      const made = new Worker("/console-probe.js");
      made.addEventListener("error", () => { if (worker === made) stop(); });
      worker = made;
    },
    canAsk: () => worker !== null,
    ask: (urls) => new Promise((resolve) => {
      const asked = worker;
      const id = nextId++;
      const done = (answering: string[] | null) => { clearTimeout(timer); asked?.removeEventListener("message", hear); resolve(answering); };
      const hear = ({ data }: MessageEvent<{ id: number; answering: string[] }>) => { if (data.id === id) done(data.answering); };
      const timer = setTimeout(() => done(null), WORKER_WITHIN_MS);
      if (asked === null) return done(null);
      asked.addEventListener("message", hear);
      asked.postMessage({ id, urls, timeoutMs: ANSWER_WITHIN_MS });
    }),
    stop,
  };
}
