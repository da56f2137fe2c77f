// Owns waiting for what is still being loaded: labelled samples that were sent before it is there would fail, and count as wrong.
import { setTimeout as wait } from "node:timers/promises";

/** A processor's files are read and its thread begins within a second or two, on a busy machine within some. */
const WITHIN_MS = 20_000;
const EVERY_MS = 200;

/** `what` begins the error's sentence. @throws Error when it is not ready in time; what `isReady` throws */
export async function awaitReady(what: string, isReady: () => Promise<boolean>): Promise<void> {
  const untilMs = performance.now() + WITHIN_MS;
  while (!(await isReady())) {
    if (performance.now() > untilMs) throw new Error(`${what} has not become ready within ${WITHIN_MS / 1000} s: look at the deployment, or at its node's log.`);
    await wait(EVERY_MS);
  }
}
