import { createServer, connect, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { type LinkNetwork, startLinkNetwork } from "./link-network.ts";
import { createShapedLink, OPEN_LINK, seededRandom } from "./shaped-link.ts";

const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** Sends as many bytes as the first line asks for, then ends. */
async function startSource(): Promise<number> {
  const server: Server = createServer((socket: Socket) => {
    socket.on("error", () => {});
    socket.once("data", (line) => socket.end(Buffer.alloc(Number(line.toString()), 7)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closers.push(() => server.close());
  return (server.address() as { port: number }).port;
}

async function startNetwork(port: number, settings: object): Promise<LinkNetwork> {
  const network = await startLinkNetwork({
    nodes: [{ name: "a", host: "127.0.0.1", port: 1 }, { name: "b", host: "127.0.0.1", port }],
    proxies: [{ node: "a", port: 0 }], links: [{ from: "b", to: "a", ...settings }],
  });
  closers.push(() => network.close());
  return network;
}

/** Dials b through a's proxy and takes `bytes`: milliseconds until the first byte and until the last. */
function fetchThrough(network: LinkNetwork, port: number, bytes: number): Promise<{ status: string; bytes: number; firstMs: number; wholeMs: number }> {
  return new Promise((resolve, reject) => {
    const socket = connect(network.ports.a!, "127.0.0.1");
    let status = "";
    let got = 0;
    let asked = 0;
    let firstMs = 0;
    socket.on("error", reject);
    socket.on("data", (chunk) => {
      if (!status) {
        status = chunk.toString().split("\r\n")[0]!;
        if (!status.includes(" 200 ")) return;
        asked = performance.now();
        socket.write(String(bytes));
        return;
      }
      if (got === 0) firstMs = performance.now() - asked;
      got += chunk.length;
    });
    socket.on("close", () => resolve({ status, bytes: got, firstMs, wholeMs: performance.now() - asked }));
    socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nhost: x\r\n\r\n`);
  });
}

/** One measurement whose ratio lies between the bounds, of at most five: a busy machine spoils single ones, a wrong shaper all of them. */
async function expectRatio(measure: () => Promise<number>, atLeast: number, atMost: number): Promise<void> {
  const ratios: number[] = [];
  while (ratios.length < 5 && !ratios.some((ratio) => ratio > atLeast && ratio < atMost)) ratios.push(await measure());
  expect(ratios.at(-1)).toBeGreaterThan(atLeast);
  expect(ratios.at(-1)).toBeLessThan(atMost);
}

test("half the rate takes twice the time, and every byte arrives", async () => {
  const port = await startSource();
  await expectRatio(async () => {
    const fast = await fetchThrough(await startNetwork(port, { bytesPerSecond: 4e6 }), port, 2e6);
    const slow = await fetchThrough(await startNetwork(port, { bytesPerSecond: 2e6 }), port, 2e6);
    expect([fast.bytes, slow.bytes]).toEqual([2e6, 2e6]);
    return slow.wholeMs / fast.wholeMs;
  }, 1.6, 2.5);
});

test("two connections share one wire", async () => {
  const port = await startSource();
  const network = await startNetwork(port, { bytesPerSecond: 20e6 });
  await expectRatio(async () => {
    const alone = await fetchThrough(network, port, 3e6);
    const together = await Promise.all([fetchThrough(network, port, 3e6), fetchThrough(network, port, 3e6)]);
    return Math.max(...together.map((one) => one.wholeMs)) / alone.wholeMs;
  }, 1.6, 2.6);
});

test("four times the delay delays the first byte about four times", async () => {
  const port = await startSource();
  await expectRatio(async () => {
    const near = await fetchThrough(await startNetwork(port, { delayMs: 20 }), port, 1000);
    const far = await fetchThrough(await startNetwork(port, { delayMs: 80 }), port, 1000);
    return far.firstMs / near.firstMs;
  }, 2.5, 4.5);
});

test("an address that is no node's is refused", async () => {
  const port = await startSource();
  const network = await startNetwork(port, {});
  expect((await fetchThrough(network, port + 1, 10)).status).toContain("502");
});

test("that nobody listens at a node's address is told as such, a link that is cut is not", async () => {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  const network = await startNetwork(port, {});
  const answer = () => new Promise<string>((resolve, reject) => {
    const socket = connect(network.ports.a!, "127.0.0.1");
    let text = "";
    socket.on("error", reject).on("data", (chunk) => { text += chunk.toString(); }).on("close", () => resolve(text));
    socket.write(`CONNECT 127.0.0.1:${port} HTTP/1.1\r\nhost: x\r\n\r\n`);
  });
  expect(await answer()).toMatch(/^HTTP\/1\.1 502 .*\r\nProxy-Status: lab; error=connection_refused\r\n/s);
  network.cut("a", "b", "reset");
  expect(await answer()).toMatch(/^HTTP\/1\.1 503 /);
  expect(await answer()).not.toContain("Proxy-Status");
});

test("where the way beyond is open, nodes of nobody's are reached, over no emulated link", async () => {
  const [port, stranger] = [await startSource(), await startSource()];
  const config = { nodes: [{ name: "b", host: "127.0.0.1", port }], proxies: [{ node: "a", port: 0 }], links: [{ from: "b", to: "a" }] };
  const network = await startLinkNetwork(config);
  closers.push(() => network.close());
  expect((await fetchThrough(network, stranger, 10)).status).toContain("502");
  network.apply({ ...config, beyond: "open" });
  expect(await fetchThrough(network, stranger, 1000)).toMatchObject({ status: expect.stringContaining(" 200 "), bytes: 1000 });
  expect(await fetchThrough(network, port, 1000)).toMatchObject({ bytes: 1000 });
  expect(network.stats().find((link) => link.from === "a" && link.to === "b")?.bytes).toBe(4);
});

test("a link that is cut holds the bytes until it is restored; a reset one ends connections", async () => {
  const port = await startSource();
  const network = await startNetwork(port, { bytesPerSecond: 20e6 });
  network.cut("b", "a");
  const held = fetchThrough(network, port, 1000);
  const first = await Promise.race([held.then(() => "done"), new Promise((resolve) => setTimeout(() => resolve("held"), 80))]);
  expect(first).toBe("held");
  network.restore("b", "a");
  expect((await held).bytes).toBe(1000);
  network.cut("b", "a", "reset");
  expect((await fetchThrough(network, port, 10)).status).toContain("503");
  network.restore("b", "a");
  expect((await fetchThrough(network, port, 10)).bytes).toBe(10);
});

test("bytes arrive in order whatever the jitter, and the same seed gives the same jitter", async () => {
  const run = async () => {
    const link = createShapedLink({ ...OPEN_LINK, delayMs: 3, jitterMs: 3 }, seededRandom(7));
    const order: number[] = [];
    await new Promise<void>((resolve) => {
      for (let index = 0; index < 50; index++) link.send(100, () => { order.push(index); if (order.length === 50) resolve(); });
    });
    return order;
  };
  expect(await run()).toEqual(Array.from({ length: 50 }, (_, index) => index));
  const [one, two] = [seededRandom(7), seededRandom(7)];
  expect(Array.from({ length: 5 }, one)).toEqual(Array.from({ length: 5 }, two));
});

test("the first byte of a small message is there long before its last one: a slow wire shows in messages that fit one read", async () => {
  const port = await startSource();
  const network = await startNetwork(port, { delayMs: 1, bytesPerSecond: 500_000 });
  // 80 ms of wire behind 1 ms of way: nearly all of the time lies between the first byte and the last.
  await expectRatio(async () => {
    const { bytes, firstMs, wholeMs } = await fetchThrough(network, port, 40_000);
    expect(bytes).toBe(40_000);
    return (wholeMs - firstMs) / wholeMs;
  }, 0.5, 1);
});
