import { connect, type Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from "vitest";
import { observedOf } from "../stage/testdata/test-nodes.ts";
import { LIMITS } from "../stage/testdata/test-pipeline.ts";
import { unreadOf } from "./refuse-body.ts";
import { type ServedModel, serveModel, WIDTH } from "./testdata/served-model.ts";

let served: ServedModel;
let line: Line;
beforeAll(async () => { served = await serveModel({ route: { limits: { ...LIMITS, maxInFlight: 1, defaultDeadlineMs: LIMITS.maxDeadlineMs } } }); }, 60_000);
afterAll(() => served?.fleet.close());
beforeEach(async () => { line = await openLine(served.url); });
afterEach(() => line.socket.destroy());

const BODY = JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] }] });
const head = (bytes: number, more = "") => `POST /v2/models/tiny/infer HTTP/1.1\r\nhost: here\r\ncontent-length: ${bytes}\r\n${more}\r\n`;

type Line = { socket: Socket; told(): string; until(pattern: RegExp): Promise<void>; ended(): boolean };
async function openLine(url: string): Promise<Line> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  let text = "";
  let ended = false;
  socket.on("data", (bytes) => { text += bytes.toString("latin1"); });
  socket.on("error", () => undefined);
  socket.on("close", () => { ended = true; });
  await new Promise((resolve) => socket.once("connect", resolve));
  return { socket, told: () => text, ended: () => ended, until: (pattern) => expect.poll(() => text, { timeout: 15_000 }).toMatch(pattern).then(() => undefined) };
}

/** The one request there is room for is under way, and stays while `use` runs. */
async function whileFull(use: () => Promise<void>): Promise<void> {
  const stage = served.pipeline.stages[0]!.child.process;
  stage.kill("SIGSTOP");
  const asked = [0, 1].map(() => fetch(`${served.url}/v2/models/tiny/infer`, { method: "POST", body: BODY }));
  try {
    expect((await Promise.race(asked)).status).toBe(429);
    await use();
  } finally {
    stage.kill("SIGCONT");
  }
  expect((await Promise.all(asked)).map(({ status }) => status).sort()).toEqual([200, 429]);
  await served.ingress.until("linked", (child) => observedOf(child)[0]?.pipelines[0]?.linked === true);
}

test("without room a large body is refused before a byte of it has come, and the refusal is counted", async () => {
  const failed = () => served.ingress.heard.flatMap((message) => (message.type === "sample" ? message.samples : [])).reduce((sum, sample) => sum + (sample.errors.overloaded ?? 0), 0);
  const before = failed();
  await whileFull(async () => {
    line.socket.write(head(10_000_000));
    await line.until(/^HTTP\/1.1 429 [\s\S]*retry-after: 1[\s\S]*connection: close[\s\S]*"code":"overloaded"/i);
  });
  // One was small: refused to find that there is no room.
  await expect.poll(failed, { timeout: 15_000 }).toBe(before + 2);
  await expect.poll(() => line.ended(), { timeout: 15_000 }).toBe(true);
});

test("who waits for 100 Continue is told to go on where there is room, and never where there is none", async () => {
  await whileFull(async () => {
    line.socket.write(head(BODY.length, "expect: 100-continue\r\n"));
    await line.until(/"code":"overloaded"/);
    expect(line.told()).toMatch(/^HTTP\/1.1 429/);
    await expect.poll(() => line.ended(), { timeout: 15_000 }).toBe(true);
  });
  const other = await openLine(served.url);
  other.socket.write(head(BODY.length, "expect: 100-continue\r\n"));
  await other.until(/^HTTP\/1.1 100 Continue\r\n\r\n/);
  other.socket.write(BODY);
  await other.until(/HTTP\/1.1 200 OK[\s\S]*"outputs"/);
  other.socket.destroy();
});

test("a body of moderate size is thrown away when it comes, and the connection serves on", async () => {
  const bytes = 200_000;
  await whileFull(async () => {
    line.socket.write(head(bytes));
    await line.until(/^HTTP\/1.1 429 /);
    line.socket.write(" ".repeat(bytes));
    line.socket.write("GET /v2/health/live HTTP/1.1\r\nhost: here\r\n\r\n");
    await line.until(/"live":true/);
  });
  line.socket.write(head(BODY.length) + BODY);
  await line.until(/"outputs"/);
});

test("a client that writes a large body whole before it reads still finds why it was refused", async () => {
  await whileFull(async () => {
    line.socket.pause();
    line.socket.write(head(3_000_000));
    for (let piece = 0; piece < 30; piece++) line.socket.write(" ".repeat(100_000));
    await new Promise((resolve) => setTimeout(resolve, 300));
    line.socket.resume();
    await line.until(/"code":"overloaded"/);
  });
});

test("what becomes of a body", () => {
  expect(unreadOf({ complete: true, waits: false, declaredBytes: 1e9 })).toBe("none");
  expect(unreadOf({ complete: false, waits: true, declaredBytes: 10 })).toBe("close");
  expect(unreadOf({ complete: false, waits: false, declaredBytes: 1e5 })).toBe("drain");
  expect(unreadOf({ complete: false, waits: false, declaredBytes: 1e8 })).toBe("linger");
  expect(unreadOf({ complete: false, waits: false, declaredBytes: null })).toBe("linger");
});
