// Shows how a start goes: one line a step with its time, and all times together at the end.
export type StartSteps = {
  /** Runs `work` and remembers how long it took. */
  run<T>(name: string, work: () => Promise<T> | T): Promise<T>;
  /** "database 312 ms, …" */
  summary(): string;
  totalMs(): number;
};

export function createStartSteps(): StartSteps {
  const startedAt = performance.now();
  const taken: { name: string; ms: number }[] = [];
  return {
    async run(name, work) {
      const from = performance.now();
      const result = await work();
      taken.push({ name, ms: Math.round(performance.now() - from) });
      return result;
    },
    summary: () => taken.map(({ name, ms }) => `${name} ${ms} ms`).join(", "),
    totalMs: () => Math.round(performance.now() - startedAt),
  };
}
