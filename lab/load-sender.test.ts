import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { createSender, GRACE_MS, type Payload } from "./load-sender.ts";

const ends: (() => void)[] = [];
afterEach(() => { for (const end of ends.splice(0)) end(); });

/** Holds every request until it is told how to answer those that are there. */
async function holding() {
  const held: ServerResponse[] = [];
  const server = createServer((req, res) => { req.resume(); held.push(res); }).listen(0, "127.0.0.1");
  await once(server, "listening");
  ends.push(() => { server.closeAllConnections(); server.close(); });
  return { held, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
const payload: Payload = { path: "infer", contentType: "application/json", body: () => ({ bytes: Buffer.from("{}"), jsonBytes: null }) };

test("as many requests as a load may have in flight are all with the ingress at the same time: none waits unsent in the sender until its time is over", async () => {
  const { held, url } = await holding();
  const sender = createSender({ urls: [url], model: "m", deadlineMs: 60_000, key: null });
  const asked = Array.from({ length: 1024 }, (_, index) => sender.send(payload, `r${index}`));
  await expect.poll(() => held.length, { timeout: 30_000 }).toBe(1024);
  for (const res of held) { res.statusCode = 504; res.end("no answer within the deadline"); }
  const answers = await Promise.all(asked);
  expect(answers.filter((answer) => answer.kind === "answer" && answer.status === 504)).toHaveLength(1024);
}, 60_000);

test("an answer long after the deadline is an answer", async () => {
  const { held, url } = await holding();
  const answer = createSender({ urls: [url], model: "m", deadlineMs: 1, key: null }).send(payload, "r");
  await expect.poll(() => held.length).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, GRACE_MS + 500));
  held[0]!.end("{}");
  expect(await answer).toMatchObject({ kind: "answer", status: 200 });
});

test("an answer that lay unread while this process had no time is an answer", async () => {
  const { held, url } = await holding();
  const answer = createSender({ urls: [url], model: "m", deadlineMs: 1, lostAfterMs: 400, key: null }).send(payload, "r");
  await expect.poll(() => held.length, { interval: 5 }).toBe(1);
  held[0]!.end("{}");
  const untilMs = performance.now() + 800;
  while (performance.now() < untilMs) { /* No time for anybody. */ }
  expect(await answer).toMatchObject({ kind: "answer", status: 200 });
});

test("nothing for so long is a lost request", async () => {
  const { url } = await holding();
  expect(await createSender({ urls: [url], model: "m", deadlineMs: 1, lostAfterMs: 200, key: null }).send(payload, "r")).toMatchObject({ kind: "lost" });
});

test("a connection that breaks without an answer is a lost request", async () => {
  const { held, url } = await holding();
  const answer = createSender({ urls: [url], model: "m", deadlineMs: 1_000, key: null }).send(payload, "r");
  await expect.poll(() => held.length).toBe(1);
  held[0]!.destroy();
  expect(await answer).toMatchObject({ kind: "lost" });
});
