import { AppError } from "../../errors.ts";
import type { Operation } from "../../store/operations.ts";
import type { Deps } from "../deps.ts";
import { MAX_WAIT_SECONDS, waitForOperation } from "../run-operation.ts";

/** A deployment over a slow link may take that long; what takes longer hangs. */
const WITHIN_MS = 30 * 60_000;

/** What it succeeded with. @throws AppError its own error; unavailable when it does not end; what the signal says */
export async function awaitOperation(deps: Deps, operationId: string, signal: AbortSignal): Promise<Operation> {
  const until = deps.clock.now() + WITHIN_MS;
  for (;;) {
    const operation = await waitForOperation(deps, operationId, MAX_WAIT_SECONDS, signal);
    signal.throwIfAborted();
    if (operation.status === "succeeded") return operation;
    if (operation.status !== "running") throw new AppError("unavailable", operation.error?.message ?? `It was ${operation.status}.`, operation.error?.fix ? { fix: operation.error.fix } : {});
    if (deps.clock.now() > until) throw new AppError("unavailable", "It did not end within half an hour.", { fix: "Look at what it waits for." });
  }
}
