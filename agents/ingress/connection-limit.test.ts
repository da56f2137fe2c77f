import { type AddressInfo, connect, type Socket } from "node:net";
import { status } from "@grpc/grpc-js";
import { afterEach, expect, test } from "vitest";
import { ConnectionLimit } from "./connection-limit.ts";
import { refuseConnections } from "./grpc/refuse-connection.ts";
import { createIngressServer } from "./http-server.ts";
import { splitProtocols } from "./split-protocols.ts";
import { openCall, openSession } from "./testdata/grpc-wire.ts";

let end: (() => Promise<void>) | null = null;
afterEach(() => end?.());

/** An ingress of no deployments that serves two connections, both taken. */
async function full(limit: ConnectionLimit): Promise<{ host: string; taken: Socket[]; open(): Promise<Socket> }> {
  const { server } = createIngressServer({ served: () => ({ state: "serving", routes: [], moved: [], unloaded: [], traceRatio: 0 }), repository: null as never, shared: null as never, needsKey: false, httpTls: null, connections: limit });
  const refuse = refuseConnections(() => limit.refusal());
  splitProtocols(server, limit, (socket) => (limit.isOver(socket) ? refuse(socket) : void socket.destroy()));
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  const open = async () => {
    const socket = connect(port, "127.0.0.1");
    sockets.push(socket);
    socket.on("error", () => undefined).resume();
    await new Promise((resolve) => socket.once("connect", resolve));
    return socket;
  };
  end = () => new Promise((done) => { for (const socket of sockets) socket.destroy(); server.close(() => done()); server.closeAllConnections(); });
  const taken = [await open(), await open()];
  await expect.poll(() => new Promise((resolve) => server.getConnections((_error, count) => resolve(count)))).toBe(2);
  return { host: `127.0.0.1:${port}`, taken, open };
}

const ask = async (host: string, path: string) => {
  const answer = await fetch(`http://${host}${path}`);
  return { status: answer.status, connection: answer.headers.get("connection"), retryAfter: answer.headers.get("retry-after"), code: ((await answer.json()) as { code?: string }).code };
};

test("who comes when too many connections are open is told so, over HTTP and gRPC, until one of them is closed", async () => {
  const { host, taken } = await full(new ConnectionLimit(2));
  expect(await ask(host, "/v2/models/any")).toEqual({ status: 503, connection: "close", retryAfter: "1", code: "too_many_connections" });
  expect(await ask(host, "/v2/health/live")).toMatchObject({ status: 200, connection: "close" });
  const session = openSession(host);
  try {
    const { code, message, metadata } = await openCall(session, "ModelInfer").end;
    expect({ code, message, name: metadata["cutplane-code"], retryAfter: metadata["retry-after"] }).toEqual({ code: status.UNAVAILABLE, message: expect.stringMatching(/^2 connections are open here/), name: "too_many_connections", retryAfter: "1" });
  } finally {
    session.destroy();
  }
  taken[0]!.destroy();
  await expect.poll(async () => (await ask(host, "/v2/models/any")).status, { timeout: 15_000 }).toBe(404);
});

test("a connection too many that asks for nothing is closed soon, those that are served are not", async () => {
  const { taken, open } = await full(new ConnectionLimit(2, 50));
  const silent = await open();
  await expect.poll(() => silent.closed, { timeout: 15_000 }).toBe(true);
  expect(taken.map((socket) => socket.closed)).toEqual([false, false]);
});
