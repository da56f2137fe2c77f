import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { ControlFrame } from "../protocol/frame.ts";
import { BufferPool } from "./buffer-pool.ts";
import { FrameConnection } from "./frame-connection.ts";

async function pair(): Promise<{ near: FrameConnection; heard: ControlFrame[]; writes(): number; until(holds: () => boolean): Promise<void> }> {
  const heard: ControlFrame[] = [];
  const looks = new Set<() => void>();
  const make = (socket: Socket, onControl: (frame: ControlFrame) => void) => new FrameConnection(socket, "", {
    maxPayloadBytes: 0, pool: new BufferPool(), onMessage: () => undefined, onClose: () => undefined, onControl: (frame) => { onControl(frame); for (const look of looks) look(); },
  });
  const server = createServer((socket) => make(socket, (frame) => heard.push(frame)));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  let writes = 0;
  const write = socket.write.bind(socket);
  socket.write = ((...args: Parameters<typeof write>) => { writes++; return write(...args); }) as typeof socket.write;
  onTestFinished(() => { socket.destroy(); server.close(); });
  const until = (holds: () => boolean) => new Promise<void>((resolve) => { const look = () => { if (holds()) { looks.delete(look); resolve(); } }; looks.add(look); look(); });
  return { near: make(socket, () => undefined), heard, writes: () => writes, until };
}

test("what is queued in one turn leaves as one write, in its order", async () => {
  const { near, heard, writes, until } = await pair();
  for (let value = 1; value <= 5; value++) near.sendControl("cancel", { requestId: value });
  expect(writes()).toBe(0);
  await until(() => heard.length === 5);
  expect([heard.map(({ requestId }) => requestId), writes()]).toEqual([[1, 2, 3, 4, 5], 1]);
});

test("grants are told as one frame once a quarter of the window has gathered, and none is lost", async () => {
  const { near, heard, until } = await pair();
  const granted = () => heard.filter(({ type }) => type === "credit");
  for (let i = 0; i < 3; i++) near.grant(7, 16);
  near.sendControl("cancel", { requestId: 1 });
  await until(() => heard.some(({ type }) => type === "cancel"));
  // Less than a quarter rides along with what leaves anyway.
  expect(granted().map(({ value, epoch }) => [value, epoch])).toEqual([[3, 7]]);
  for (let i = 0; i < 4; i++) near.grant(7, 16);
  await until(() => granted().length === 2);
  expect(granted().reduce((sum, { value }) => sum + value, 0)).toBe(7);
  near.grant(8, 1);
  await until(() => granted().length === 3);
  expect([granted()[2]!.value, granted()[2]!.epoch]).toEqual([1, 8]);
});
