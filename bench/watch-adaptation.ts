// Owns a record of what adaptation saw and thought during a live run, a JSON line a second, and of every request of both fleets at the end: to find out afterwards why it did what it did.
import { appendFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { ScenarioRun } from "./run-scenario.ts";

const EVERY_MS = 1_000;

export type Thought = { verdict: string | null; reason: string; drifts: unknown; regret: number; needed: number | null; signals: unknown };

/** `read`: what adaptation thinks now. @returns how to end it */
export function watchAdaptation(file: string, beganMs: number, read: () => Promise<Thought>): { stop(): Promise<void> } {
  const ended = new AbortController();
  const watching = (async () => {
    while (!ended.signal.aborted) {
      const { verdict, reason, drifts, regret, needed, signals } = await read();
      appendFileSync(file, `${JSON.stringify({ atMs: Date.now() - beganMs, verdict, reason, drifts, regret, needed, signals })}\n`);
      await sleep(EVERY_MS, undefined, { signal: ended.signal }).catch(() => undefined);
    }
  })().catch((error: Error) => appendFileSync(file, `${JSON.stringify({ atMs: Date.now() - beganMs, error: error.message })}\n`));
  return {
    async stop() {
      ended.abort();
      await watching;
    },
  };
}

export function recordServed(file: string, served: ScenarioRun["served"]): void {
  for (const [side, list] of Object.entries(served)) appendFileSync(file, list.map(({ dueMs, latencyMs, outcome }) => `${JSON.stringify({ atMs: dueMs, side, latencyMs, outcome })}\n`).join(""));
}
