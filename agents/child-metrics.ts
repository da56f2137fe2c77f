// Owns asking this agent's processes what they have counted, when somebody scrapes. One that does not answer in time is left out and counted.
import type { Child } from "./child-process.ts";
import type { Family } from "./exposition.ts";
import type { AskMetrics, ToldMetrics } from "./stage/messages.ts";

/** Prometheus waits ten seconds by default; the console's question to the agent ends in five. */
const ANSWER_WITHIN_MS = 2_000;

export type ChildMetrics = {
  /** Of all of them; `silent` = those that did not answer. */
  ask(children: readonly Child<AskMetrics>[]): Promise<{ families: Family[]; silent: number }>;
  told(message: ToldMetrics): void;
};

export function createChildMetrics(): ChildMetrics {
  const asked = new Map<number, (families: Family[] | null) => void>();
  let lastId = 0;
  const askOne = (child: Child<AskMetrics>): Promise<Family[] | null> => new Promise((resolve) => {
    const askId = ++lastId;
    const timer = setTimeout(() => settle(null), ANSWER_WITHIN_MS);
    const settle = (families: Family[] | null) => {
      clearTimeout(timer);
      asked.delete(askId);
      resolve(families);
    };
    asked.set(askId, settle);
    child.send({ type: "metrics", askId });
  });
  return {
    async ask(children) {
      const answers = await Promise.all(children.map(askOne));
      return { families: answers.flatMap((answer) => answer ?? []), silent: answers.filter((answer) => answer === null).length };
    },
    told: ({ askId, families }) => asked.get(askId)?.(families),
  };
}
