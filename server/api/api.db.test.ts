import { afterAll, beforeAll, expect, test } from "vitest";
import { createApiHandler } from "./create-api-handler.ts";
import { appRouter } from "./router.ts";
import { startTestConsole, type TestConsole } from "./testdata/test-console.ts";

let target: TestConsole;
beforeAll(async () => {
  target = await startTestConsole((deps) => [createApiHandler(deps)]);
});
afterAll(() => target?.stop());

const node = (id: string, name: string) => ({ id, name, memoryBytes: 4e9, speed: 1 });

test("the OpenAPI document describes every procedure and the addresses made by hand", async () => {
  const { status, body } = await target.call("GET", "/api/v1/openapi.json");
  expect(status).toBe(200);
  expect(body.openapi).toBe("3.1.0");
  expect(Object.keys(body.paths).length).toBeGreaterThan(35);
  expect(body.paths["/models"].post.requestBody.content).toHaveProperty("multipart/form-data");
  expect(body.paths["/deployments/{id}/try"].post).toBeDefined();
  expect(body.paths["/plans"].post.responses.default.content["application/json"].schema).toEqual({ $ref: "#/components/schemas/Error" });
});

test("long answers are compressed for who takes that, short ones are left alone", async () => {
  const encodingOf = async (path: string, accepts: string) => (await fetch(target.url + path, { headers: { "accept-encoding": accepts } })).headers.get("content-encoding");
  expect(await encodingOf("/api/v1/openapi.json", "gzip")).toBe("gzip");
  expect(await encodingOf("/api/v1/openapi.json", "identity")).toBeNull();
  expect(await encodingOf("/api/v1/system", "gzip")).toBeNull();
});

test("every procedure has a REST twin, and every address says that it takes a credential and what it answers", async () => {
  const { body } = await target.call("GET", "/api/v1/openapi.json");
  const operations: [string, { operationId: string; security: unknown; parameters?: { in: string; name: string; required?: boolean }[]; responses: object }][] = Object.entries(body.paths as Record<string, object>).flatMap(([path, methods]) => Object.values(methods).map((entry) => [path, entry] as never));
  const named = operations.map(([, entry]) => entry.operationId);
  expect(new Set(named).size).toBe(named.length);
  for (const call of Object.keys(appRouter._def.procedures)) expect(named).toContain(call.replace(".", "-"));
  for (const [path, { security, parameters = [], responses }] of operations) {
    expect(security, path).toEqual([{ Authorization: [] }]);
    expect(responses, path).toHaveProperty("default");
    expect(parameters.filter((one) => one.in === "path" && one.required).map((one) => one.name).sort(), path).toEqual([...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort());
  }
  const missing = [...JSON.stringify(body).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)].map((match) => match[1] as string).filter((name) => !(name in body.components.schemas));
  expect(missing).toEqual([]);
});

test("the docs page and its assets come from here alone", async () => {
  const page = await fetch(`${target.url}/api/docs`);
  const text = await page.text();
  expect(page.status).toBe(200);
  expect(text).not.toMatch(/https?:\/\//);
  for (const [, asset] of text.matchAll(/(?:src|href)="([^"]+)"/g)) expect((await fetch(target.url + asset)).status).toBe(200);
});

test("every read without an id answers", async () => {
  for (const path of ["/system", "/models", "/topologies", "/nodes", "/join-tokens", "/plans", "/deployments", "/events", "/operations", "/credentials"]) {
    const { status, body } = await target.call("GET", `/api/v1${path}`);
    expect({ path, status, body }).toMatchObject({ status: 200 });
  }
});

test("a topology is drawn, saved against its revision, and its layout merged", async () => {
  const made = await target.call("POST", "/api/v1/topologies", { name: "two", document: { nodes: [node("a", "A"), node("b", "B")], links: [{ id: "l", fromId: "a", toId: "b", latencyMs: 1, bandwidthBytesPerSecond: 1e8 }] } });
  expect(made).toMatchObject({ status: 200, body: { revision: 1, issues: [] } });
  const { id, document } = made.body;
  const renamed = { ...document, nodes: [{ ...document.nodes[0], name: "first" }, document.nodes[1]] };
  expect(await target.call("PUT", `/api/v1/topologies/${id}`, { baseRevision: 1, document: renamed })).toMatchObject({ status: 200, body: { revision: 2 } });
  const late = await target.call("PUT", `/api/v1/topologies/${id}`, { baseRevision: 1, document });
  expect(late).toMatchObject({ status: 409, body: { error: { code: "conflict", place: "baseRevision", details: { current: { revision: 2 } } } } });
  await target.call("PUT", `/api/v1/topologies/${id}/layout`, { layout: { a: { x: 1, y: 2 } } });
  const merged = await target.call("PUT", `/api/v1/topologies/${id}/layout`, { layout: { b: { x: 3, y: 4 } } });
  expect(merged.body).toMatchObject({ revision: 2, layout: { a: { x: 1, y: 2 }, b: { x: 3, y: 4 } } });
  expect(await target.call("POST", "/api/v1/topologies", { name: "two" })).toMatchObject({ status: 409 });
  expect(await target.call("DELETE", `/api/v1/topologies/${id}`)).toEqual({ status: 200, body: { ok: true } });
  expect(await target.call("GET", `/api/v1/topologies/${id}`)).toMatchObject({ status: 404, body: { error: { code: "not-found" } } });
});

test("errors say what, where and what to do, in both doors", async () => {
  expect(await target.call("GET", "/api/v1/events?limit=nine")).toMatchObject({ status: 400, body: { error: { code: "bad-request", place: "limit" } } });
  expect(await target.call("PATCH", "/api/v1/models")).toMatchObject({ status: 404, body: { error: { fix: "Look at /api/docs." } } });
  const broken = await fetch(`${target.url}/api/v1/topologies`, { method: "POST", body: "{" });
  expect({ status: broken.status, body: await broken.json() }).toMatchObject({ status: 400, body: { error: { place: "body" } } });
  const trpc = await fetch(`${target.url}/trpc/models.get?input=${encodeURIComponent(JSON.stringify({ id: "mdl_none" }))}`);
  expect({ status: trpc.status, body: await trpc.json() }).toMatchObject({ status: 404, body: { error: { data: { cutplane: { code: "not-found", place: "mdl_none" } } } } });
});

test("a name that an address does not have is told, not dropped", async () => {
  const deployment = { name: "d", planId: "pln_none", settings: { ingressNodeIds: ["nod_a"] } };
  expect(await target.call("POST", "/api/v1/deployments", deployment)).toMatchObject({ status: 400, body: { error: { place: "settings.ingressNodeIds" } } });
  expect(await target.call("POST", "/api/v1/topologies", { name: "n", documents: {} })).toMatchObject({ status: 400, body: { error: { place: "documents" } } });
  expect(await target.call("GET", "/api/v1/events?limt=3")).toMatchObject({ status: 400, body: { error: { place: "limt" } } });
  const made = await target.call("POST", "/api/v1/topologies", { name: "whole" });
  expect(await target.call("PUT", `/api/v1/topologies/${made.body.id}`, { baseRevision: 1, document: made.body.document })).toMatchObject({ status: 200 });
});

test("tRPC answers a read without any input", async () => {
  const answer = await fetch(`${target.url}/trpc/topologies.list`);
  expect({ status: answer.status, body: await answer.json() }).toMatchObject({ status: 200, body: { result: { data: expect.any(Array) } } });
});

test("events are listed forward from a sequence and as the newest ones", async () => {
  for (const name of ["one", "three", "four"]) await target.call("POST", "/api/v1/topologies", { name });
  const newest = (await target.call("GET", "/api/v1/events?limit=2")).body;
  expect(newest.events.map((event: { seq: number }) => event.seq)).toEqual([newest.headSeq - 1, newest.headSeq]);
  const forward = (await target.call("GET", `/api/v1/events?afterSeq=${newest.headSeq - 2}`)).body;
  expect(forward.events).toEqual(newest.events);
  expect(newest.events[1]).toMatchObject({ name: "topology.saved", actor: "api:test" });
});

test("a join token is shown once, listed without its secret, and revoked", async () => {
  const made = await target.call("POST", "/api/v1/join-tokens", { nodeName: "edge 1" });
  expect(made.body.token).toMatch(/^cpj_/);
  expect(made.body.command).toContain(`| sh -s -- --token ${made.body.token} --name 'edge 1'`);
  const listed = await target.call("GET", "/api/v1/join-tokens");
  expect(JSON.stringify(listed.body)).not.toContain(made.body.token);
  expect(await target.call("DELETE", `/api/v1/join-tokens/${made.body.id}`)).toMatchObject({ status: 200 });
});

test("a console that demands a credential answers 401 in both doors", async () => {
  const locked = await startTestConsole((deps) => [createApiHandler(deps)], { actorOf: async () => null });
  try {
    expect(await locked.call("GET", "/api/v1/models")).toMatchObject({ status: 401, body: { error: { code: "unauthorized" } } });
    expect((await fetch(`${locked.url}/trpc/models.list`)).status).toBe(401);
  } finally {
    await locked.stop();
  }
});
