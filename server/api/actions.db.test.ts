// Actions over REST: previews that do nothing, one outcome for one key, and the name each action came with.
import { afterAll, beforeAll, expect, test } from "vitest";
import { createApiHandler } from "./create-api-handler.ts";
import { startTestConsole, type TestConsole } from "./testdata/test-console.ts";

let target: TestConsole;
beforeAll(async () => {
  target = await startTestConsole((deps) => [createApiHandler(deps)], { actorOf: async (headers) => `api:${headers["x-test-actor"] ?? "ana"}` });
  for (const name of ["cam", "gateway"]) await target.deps.db.node.create({ data: { id: `nod_${name}`, name, certificateFingerprint: name, certificateExpiresAt: new Date(Date.now() + 1e9), enrolledBy: "test" } });
});
afterAll(() => target?.stop());

const events = async (subjectId: string) => (await target.call("GET", `/api/v1/events?subjectId=${subjectId}`)).body.events as { name: string; actor: string; message: string }[];

test("a preview says what would happen, and nothing does", async () => {
  const preview = await target.call("GET", "/api/v1/nodes/nod_cam/preview?action=remove");
  expect(preview).toMatchObject({ status: 200, body: { possible: true, typed: "cam", undo: null } });
  expect(preview.body.losses[0]).toContain("join again");
  expect(await target.call("GET", "/api/v1/nodes/nod_cam/drain")).toMatchObject({ status: 200, body: { possible: true, cordoned: false, deployments: [] } });
  expect(await target.call("GET", "/api/v1/nodes/nod_cam/preview?action=explode")).toMatchObject({ status: 400, body: { error: { place: "action" } } });
  expect(await target.call("GET", "/api/v1/nodes/nod_none/preview?action=cordon")).toMatchObject({ status: 404 });
  expect(await target.call("GET", "/api/v1/deployments/dep_none/preview?action=stop")).toMatchObject({ status: 404 });
  expect((await target.call("GET", "/api/v1/nodes/nod_cam")).body.cordoned).toBe(false);
  expect(await events("nod_cam")).toEqual([]);
});

test("a drain cordons, is one operation for one key and one node, can be cancelled, and says who asked", async () => {
  const first = await target.call("POST", "/api/v1/nodes/nod_gateway/drain", { idempotencyKey: "drain-gateway" });
  expect(first).toMatchObject({ status: 200, body: { operation: { kind: "drain", subjectId: "nod_gateway", status: "running", createdBy: "api:ana" } } });
  const { id } = first.body.operation;
  for (const body of [{ idempotencyKey: "drain-gateway" }, {}]) expect((await target.call("POST", "/api/v1/nodes/nod_gateway/drain", body)).body.operation.id).toBe(id);
  expect((await target.call("GET", "/api/v1/nodes/nod_gateway")).body.cordoned).toBe(true);
  expect((await target.call("GET", "/api/v1/nodes/nod_gateway/preview?action=remove")).body).toMatchObject({ possible: false, reasons: [{ message: "gateway is being drained." }] });
  expect(await target.call("POST", `/api/v1/operations/${id}/cancel`)).toMatchObject({ body: { status: "cancelled", error: { message: "It was cancelled. gateway stays cordoned." } } });
  expect((await events("nod_gateway")).filter((event) => event.actor === "api:ana").map((event) => event.name)).toEqual(["node.changed", "operation.changed", "operation.changed"]);
  expect((await target.call("POST", "/api/v1/nodes/nod_gateway/drain", { idempotencyKey: "drain-gateway" })).body.operation.status).toBe("cancelled");
});

test("credentials: the secret once, a hash at rest, and who made and revoked them", async () => {
  const made = await target.call("POST", "/api/v1/credentials", { name: "ci" });
  expect(made.body.token).toMatch(/^cp_/);
  const row = await target.deps.db.credential.findUniqueOrThrow({ where: { id: made.body.id } });
  expect(JSON.stringify(row)).not.toContain(made.body.token);
  expect(JSON.stringify((await target.call("GET", "/api/v1/credentials")).body)).not.toContain(made.body.token);
  await target.call("DELETE", `/api/v1/credentials/${made.body.id}`);
  expect(await events(made.body.id)).toMatchObject([
    { name: "credential.created", actor: "api:ana", message: "The credential “ci” was made." },
    { name: "credential.revoked", actor: "api:ana" },
  ]);
  expect(JSON.stringify(await events(made.body.id))).not.toContain(made.body.token);
});

test("removing a node says who did it", async () => {
  expect(await target.call("DELETE", "/api/v1/nodes/nod_cam")).toMatchObject({ status: 200 });
  expect(await events("nod_cam")).toMatchObject([{ name: "node.removed", actor: "api:ana" }]);
});
