import { afterAll, beforeAll, expect, test } from "vitest";
import { observedOf } from "../stage/testdata/test-nodes.ts";
import { isRight, sendMalformed } from "./testdata/send-malformed.ts";
import { type ServedModel, serveModel } from "./testdata/served-model.ts";

let served: ServedModel;
beforeAll(async () => { served = await serveModel(); }, 60_000);
afterAll(() => served?.fleet.close());

/** `npm run bench -- serving` sends ten thousand. */
const REQUESTS = 800;

test("what is malformed is refused as the sender's mistake, each one, and nothing of it stays", async () => {
  const tally = await sendMalformed(served.url, REQUESTS, 20_260);
  expect(Object.values(tally).reduce((sum, count) => sum + count, 0)).toBe(REQUESTS);
  expect(Object.keys(tally).filter((outcome) => !isRight(outcome)), JSON.stringify(tally)).toEqual([]);
  const alone = Object.entries(tally).filter(([outcome]) => !outcome.startsWith("stream")).reduce((sum, [, count]) => sum + count, 0);
  const answered = (tally["200"] ?? 0) + (tally["grpc 0"] ?? 0);
  expect(alone - answered).toBeGreaterThan(alone * 0.8);
  for (const outcome of ["stream ended", "stream refused", "stream cancelled"]) expect(tally[outcome], JSON.stringify(tally)).toBeGreaterThan(0);
  await served.ingress.until("nothing in flight", (child) => observedOf(child)[0]!.pipelines[0]!.inFlight === 0);
  expect(served.ingress.exited).toBe(false);
  const good = { inputs: [{ name: "v0", datatype: "FP32", shape: [1, 4], data: [1, 2, 3, 4] }] };
  expect((await fetch(`${served.url}/v2/models/tiny/infer`, { method: "POST", body: JSON.stringify(good) })).status).toBe(200);
}, 180_000);
