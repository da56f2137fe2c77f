import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { closedLoops, openArrivals, requestBytes } from "./raw-http-load.ts";

let server: Server | null = null;
afterEach(() => new Promise<void>((resolve) => { server?.closeAllConnections(); if (server) server.close(() => resolve()); else resolve(); }));

/** Answers in turn: 200, 429 with when to come again, 503 without. */
async function start(): Promise<{ url: string; bytes: Buffer }> {
  let turn = 0;
  server = createServer((_req, res) => {
    const status = [200, 429, 503][turn++ % 3]!;
    const body = "x".repeat(1 + (turn % 4));
    res.writeHead(status, { "content-length": body.length, ...(status === 429 ? { "retry-after": "7" } : {}) });
    res.end(body);
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return { url, bytes: requestBytes(new URL(url).host, "/", {}, Buffer.from("{}")) };
}

test("closed loops tell of each answer its status and when to come again", async () => {
  const { url, bytes } = await start();
  const { sent } = await closedLoops(url, bytes, 2, 0.2);
  expect(sent.length).toBeGreaterThan(6);
  const told = new Set(sent.map(({ status, retryAfterSeconds }) => `${status} ${retryAfterSeconds}`));
  expect(told).toEqual(new Set(["200 null", "429 7", "503 null"]));
});

test("arrivals at a rate are all answered; a connection that breaks is one with status 0", async () => {
  const { url, bytes } = await start();
  const { sent } = await openArrivals(url, bytes, 100, 0.3);
  expect(sent.length).toBe(30);
  expect(sent.filter(({ status, retryAfterSeconds }) => status === 429 && retryAfterSeconds === 7)).toHaveLength(10);
  await new Promise<void>((resolve) => { server!.closeAllConnections(); server!.close(() => resolve()); });
  server = null;
  const broken = await openArrivals(url, bytes, 50, 0.1);
  expect(broken.sent.map(({ status, retryAfterSeconds }) => [status, retryAfterSeconds])).toEqual(Array(5).fill([0, null]));
});
