import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { BufferPool } from "./buffer-pool.ts";
import { FrameConnection } from "./frame-connection.ts";

const ends: (() => void)[] = [];
afterEach(() => { for (const end of ends.splice(0)) end(); });

function frames(socket: Socket): FrameConnection {
  const connection = new FrameConnection(socket, "", { maxPayloadBytes: 1024, pool: new BufferPool(), onMessage: () => undefined, onControl: () => undefined, onClose: () => undefined });
  ends.push(() => { connection.close("going_away", "the test is over"); socket.destroy(); });
  return connection;
}
function listen(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer(onSocket);
  ends.push(() => void server.close());
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port)));
}

/** A path that is as long as it is told to be, from one byte to the next. */
async function lengthened(): Promise<{ near: FrameConnection; setDelay(ms: number): void }> {
  let delayMs = 0;
  const farPort = await listen((socket) => void frames(socket));
  const port = await listen((near) => {
    const far = connect(farPort, "127.0.0.1");
    ends.push(() => { near.destroy(); far.destroy(); });
    for (const [from, to] of [[near, far], [far, near]] as const) from.on("error", () => undefined).on("data", (bytes) => setTimeout(() => to.write(bytes), delayMs));
  });
  const socket = connect(port, "127.0.0.1");
  await new Promise<void>((resolve) => socket.once("connect", () => resolve()));
  return { near: frames(socket), setDelay: (ms) => { delayMs = ms; } };
}

test("a path that becomes longer is known to be longer after a few pings, and shorter again likewise", async () => {
  const { near, setDelay } = await lengthened();
  await expect.poll(() => near.roundTripMs ?? Number.POSITIVE_INFINITY, { timeout: 10_000 }).toBeLessThan(300);
  setDelay(200);
  await expect.poll(() => near.roundTripMs, { timeout: 15_000 }).toBeGreaterThanOrEqual(390);
  setDelay(0);
  await expect.poll(() => near.roundTripMs, { timeout: 15_000 }).toBeLessThan(300);
});

test("a round trip longer than the time between two pings is not taken for a shorter one, and shows before its answer is here", async () => {
  const { near, setDelay } = await lengthened();
  await expect.poll(() => near.roundTripMs, { timeout: 10_000 }).not.toBeNull();
  setDelay(1_500);
  await expect.poll(() => near.roundTripMs, { timeout: 15_000 }).toBeGreaterThan(500);
  // Once it is that long it never looks short: each answer belongs to its own ping.
  for (let look = 0; look < 40; look++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(near.roundTripMs).toBeGreaterThan(500);
  }
});
