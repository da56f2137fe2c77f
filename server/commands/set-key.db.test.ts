import { beforeAll, expect, test } from "vitest";
import { type ScriptedFleet, startScriptedFleet } from "../control/testdata/scripted-fleet.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { findCredential } from "../store/credentials.ts";
import { createCredential, revokeCredential } from "./create-credential.ts";
import { setKey } from "./set-key.ts";

const database = withTestDatabase();
let fleet: ScriptedFleet;
let deploymentId: string;
beforeAll(async () => {
  fleet = await startScriptedFleet(database.db);
  deploymentId = await fleet.deploy();
});

const LIMITS = { requestsPerSecond: 5, burst: 10, maxInFlight: 2 };
const make = async (name: string, limits: typeof LIMITS | null = null) => (await createCredential(fleet.deps, { name, kind: "inference", deploymentId, limits, actor: "api:ana" })).credential;
/** What the ingress's node is told. */
const route = () => [...liveFleet(database.db).desired.values()].flatMap(({ document }) => document.ingress).find((one) => one.deploymentId === deploymentId)!;

test("only a key with limits of its own is told apart; they can be given at birth, changed and taken away", async () => {
  const plain = await make("plain");
  const own = await make("own", LIMITS);
  await fleet.run(1);
  expect(route().keyHashes).toEqual([plain.hash, own.hash].sort());
  expect(route().ownKeys).toEqual({ [own.hash]: { limits: LIMITS } });
  expect(await setKey(fleet.deps, { deploymentId, keyId: plain.id, change: { limits: { ...LIMITS, burst: 1 } }, actor: "api:ana" })).toMatchObject({ name: "plain", limits: { burst: 1 } });
  await setKey(fleet.deps, { deploymentId, keyId: own.id, change: { limits: null }, actor: "api:ana" });
  await fleet.run(1);
  expect(route().ownKeys).toEqual({ [plain.hash]: { limits: { ...LIMITS, burst: 1 } } });
  expect((await findCredential(database.db, own.id))!.limits).toBeNull();
  await revokeCredential(fleet.deps, plain.id, { keepOneAdmin: false, actor: "api:ana" });
  await fleet.run(1);
  expect(route()).not.toHaveProperty("ownKeys");
  const told = await database.db.event.findMany({ where: { name: "credential.changed" }, orderBy: { seq: "asc" } });
  expect(told.map(({ actor, message }) => [actor, message])).toEqual([["api:ana", "The ingress key “plain” may send 5 a second, 1 at once, 2 in flight."], ["api:ana", "The ingress key “own” has the deployment's limits."]]);
  for (const { message, payload } of told) expect(message + JSON.stringify(payload)).not.toContain(plain.hash);
});

test("what is not a key of the deployment is not found; nothing to change is refused", async () => {
  const key = await make("other");
  const admin = (await createCredential(fleet.deps, { name: "boss", kind: "admin", deploymentId: null, actor: "test" })).credential;
  const set = (wanted: object) => setKey(fleet.deps, { deploymentId, keyId: key.id, change: { limits: LIMITS }, actor: "test", ...wanted });
  await expect(set({ keyId: admin.id })).rejects.toMatchObject({ code: "not-found" });
  await expect(set({ deploymentId: "dep_none" })).rejects.toMatchObject({ code: "not-found" });
  await expect(set({ change: {} })).rejects.toMatchObject({ code: "bad-request" });
  await revokeCredential(fleet.deps, key.id, { keepOneAdmin: false, actor: "test" });
  await expect(set({})).rejects.toMatchObject({ code: "not-found" });
});
