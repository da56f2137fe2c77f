import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

test("each goes on in turn, also after one that failed, and nobody is waited for afterwards", async () => {
  const turns = new Turns();
  const order: string[] = [];
  const go = async (name: string, ms: number, fails = false) => {
    try {
      await turns.run(async () => { await new Promise((resolve) => setTimeout(resolve, ms)); if (fails) throw new Error(name); });
      order.push(name);
    } catch {
      order.push(`not ${name}`);
    }
  };
  await Promise.all([go("a", 20), go("b", 0, true), go("c", 5), go("d", 0)]);
  expect(order).toEqual(["a", "not b", "c", "d"]);
  await expect.poll(() => turns.busy).toBe(false);
});
