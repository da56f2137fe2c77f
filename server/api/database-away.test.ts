// What callers read while PostgreSQL does not answer, in every door.
import { createServer, type Server } from "node:http";
import { createServer as createNetServer, type AddressInfo } from "node:net";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createUploadHandler } from "../http/upload.ts";
import type { DoorDeps } from "../deps.ts";
import { openDb } from "../store/db.ts";
import { createApiHandler } from "./create-api-handler.ts";

let server: Server;
let url: string;
const UNAVAILABLE = { code: "unavailable", message: "The console's database does not answer.", fix: expect.stringContaining("ask again") };

beforeAll(async () => {
  const { port } = await new Promise<AddressInfo>((resolve) => {
    const probe = createNetServer().listen(0, "127.0.0.1", () => {
      const address = probe.address() as AddressInfo;
      probe.close(() => resolve(address));
    });
  });
  // Only what is reached before the database is asked.
  const deps = { db: openDb(`postgresql://nobody:none@127.0.0.1:${port}/none`), log: pino({ level: "silent" }), info: { maxUploadBytes: 1e6, version: "0" }, actorOf: async () => "test" } as unknown as DoorDeps;
  const doors = [createUploadHandler(deps), createApiHandler(deps)];
  server = createServer(async (req, res) => {
    for (const door of doors) if (await door(req, res)) return;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => new Promise((resolve) => server.close(resolve)));

test("REST, tRPC and uploads say that the database is away and that it passes, not that something went wrong", async () => {
  const rest = await fetch(`${url}/api/v1/models`);
  expect({ status: rest.status, body: await rest.json() }).toMatchObject({ status: 503, body: { error: UNAVAILABLE } });
  const trpc = await fetch(`${url}/trpc/models.list`);
  expect({ status: trpc.status, body: await trpc.json() }).toMatchObject({ status: 503, body: { error: { data: { cutplane: UNAVAILABLE } } } });
  const upload = await fetch(`${url}/api/v1/models?fileName=m.onnx`, { method: "POST", body: "x", headers: { "x-operation-id": "opn_00000000000000000000" } });
  expect({ status: upload.status, body: await upload.json() }).toMatchObject({ status: 503, body: { error: UNAVAILABLE } });
});
