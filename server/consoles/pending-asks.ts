// Owns questions to other consoles that wait for an answer.
import { randomBytes } from "node:crypto";
import type { LogPage } from "../../agents/protocol/control.ts";

/** Longer than a console waits for its agent. */
const ASK_TIMEOUT_MS = 6_000;

export type PendingAsks = {
  /** @throws Error in words when nobody answers in time, or the answer is an error. */
  ask(send: (askId: string) => void): Promise<LogPage>;
  answered(askId: string, page: LogPage | null, error: string | null): void;
};

export function createPendingAsks(): PendingAsks {
  const open = new Map<string, (page: LogPage | null, error: string | null) => void>();
  return {
    ask(send) {
      const askId = randomBytes(9).toString("base64url");
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => settle(null, "the console it is connected to did not answer"), ASK_TIMEOUT_MS);
        const settle = (page: LogPage | null, error: string | null): void => {
          clearTimeout(late);
          open.delete(askId);
          if (page) resolve(page);
          else reject(new Error(error ?? "it did not answer"));
        };
        open.set(askId, settle);
        send(askId);
      });
    },
    answered: (askId, page, error) => open.get(askId)?.(page, error),
  };
}
