import { afterAll, beforeAll, expect, test } from "vitest";
import { observedOf } from "../stage/testdata/test-nodes.ts";
import { LIMITS, sendRoute } from "../stage/testdata/test-pipeline.ts";
import { ROUTE, type ServedModel, serveModel, WIDTH } from "./testdata/served-model.ts";

const MAX_IN_FLIGHT = 4;
let served: ServedModel;
beforeAll(async () => { served = await serveModel({ route: { limits: { ...LIMITS, maxInFlight: MAX_IN_FLIGHT, defaultDeadlineMs: LIMITS.maxDeadlineMs } } }); }, 60_000);
afterAll(() => served?.fleet.close());

async function ask() {
  const answer = await fetch(`${served.url}/v2/models/tiny/infer`, { method: "POST", body: JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] }] }) });
  return { status: answer.status, retryAfter: answer.headers.get("retry-after"), body: (await answer.json()) as { code?: string } };
}

test("three times what an ingress may hold: what it takes is answered, the rest is told at once when to come again, and nothing stays", async () => {
  const stage = served.pipeline.stages[0]!.child.process;
  for (let round = 0; round < 2; round++) {
    stage.kill("SIGSTOP");
    const asked = Array.from({ length: 3 * MAX_IN_FLIGHT }, ask);
    // The refusals come while the others still wait: nothing has been answered.
    const refused: Awaited<ReturnType<typeof ask>>[] = [];
    for (const one of asked) void one.then((answer) => { if (answer.status !== 200) refused.push(answer); });
    await expect.poll(() => refused.length, { timeout: 15_000 }).toBe(2 * MAX_IN_FLIGHT);
    for (const { status, retryAfter, body } of refused) expect([status, retryAfter, body.code]).toEqual([429, "1", "overloaded"]);
    stage.kill("SIGCONT");
    const answered = (await Promise.all(asked)).filter(({ status }) => status === 200);
    expect(answered).toHaveLength(MAX_IN_FLIGHT);
  }
  await served.ingress.until("nothing in flight", (child) => observedOf(child)[0]!.pipelines[0]!.inFlight === 0);
});

test("while it is told to let in fewer, so many are answered and the others told to come again, until it is told otherwise", async () => {
  const limits = { ...LIMITS, maxInFlight: MAX_IN_FLIGHT, defaultDeadlineMs: LIMITS.maxDeadlineMs };
  const statuses = async (count: number) => {
    const list: number[] = [];
    for (let index = 0; index < count; index++) list.push((await ask()).status);
    return list;
  };
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, limits, admitPerSecond: 0.001 });
  await expect.poll(async () => (await ask()).status, { timeout: 15_000 }).toBe(429);
  const refused = await ask();
  expect([refused.status, refused.retryAfter, refused.body.code]).toEqual([429, "1", "overloaded"]);
  sendRoute(served.ingress, [served.pipeline], { ...ROUTE, limits });
  await expect.poll(async () => (await ask()).status, { timeout: 15_000 }).toBe(200);
  expect(await statuses(5)).toEqual([200, 200, 200, 200, 200]);
});
