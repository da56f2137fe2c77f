// Owns questions to other consoles that wait for an answer.
import { randomBytes } from "node:crypto";

/** Longer than a console waits for its agent. */
const ASK_TIMEOUT_MS = 6_000;

export type PendingAsks<T> = {
  /** @throws Error in words when nobody answers in time, or the answer is an error. */
  ask(send: (askId: string) => void): Promise<T>;
  answered(askId: string, answer: T | null, error: string | null): void;
};

/** `nobody`: what is said when no answer comes. */
export function createPendingAsks<T>(nobody: string): PendingAsks<T> {
  const open = new Map<string, (answer: T | null, error: string | null) => void>();
  return {
    ask(send) {
      const askId = randomBytes(9).toString("base64url");
      return new Promise((resolve, reject) => {
        const late = setTimeout(() => settle(null, nobody), ASK_TIMEOUT_MS);
        const settle = (answer: T | null, error: string | null): void => {
          clearTimeout(late);
          open.delete(askId);
          if (answer) resolve(answer);
          else reject(new Error(error ?? "it did not answer"));
        };
        open.set(askId, settle);
        send(askId);
      });
    },
    answered: (askId, answer, error) => open.get(askId)?.(answer, error),
  };
}
