// Load and unload as the console does them, with agents that report what each test says; then once with a real console and real agents, in the
// order of the stock clients' example.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "../../e2e/cluster.ts";
import { deployOverAll } from "../../e2e/deploy-over-all.ts";
import type { RepositoryAction, RepositoryAnswer } from "../../agents/protocol/repository-call.ts";
import { type ScriptedFleet, startScriptedFleet } from "../control/testdata/scripted-fleet.ts";
import { withTestDatabase } from "../database/test-database.ts";
import { liveFleet } from "../live/live-fleet.ts";
import { findDeployment } from "../store/deployments.ts";
import { createCredential } from "./create-credential.ts";
import { loadModel } from "./load-model.ts";
import { setKey } from "./set-key.ts";

describe("with scripted agents", () => {
  const database = withTestDatabase();
  let fleet: ScriptedFleet;
  let deploymentId = "";
  beforeEach(async () => {
    await database.clear();
    fleet = await startScriptedFleet(database.db);
    deploymentId = await fleet.deploy();
  });

  type Asked = { key?: string | null; nodeId?: string; needsKey?: boolean; deploymentId?: string };
  const ask = (action: RepositoryAction, { key = null, nodeId = "nod_a", needsKey = false, ...over }: Asked = {}) => loadModel(fleet.deps, { call: { deploymentId, action, key, ...over }, nodeId, nodeName: "a", needsKey });
  /** Agents and loops go on until it is answered. */
  async function done(asked: Promise<RepositoryAnswer>): Promise<RepositoryAnswer> {
    let answer: RepositoryAnswer | undefined;
    void asked.then((told) => { answer = told; });
    for (let pass = 0; pass < 60 && answer === undefined; pass++) await fleet.run(1);
    return asked;
  }
  const desired = async () => (await findDeployment(database.db, deploymentId))?.desired;
  const unloadedAt = (nodeId: string) => liveFleet(database.db).desired.get(nodeId)?.document.unloaded;
  const makeKey = async (name: string, mayLoad: boolean) => (await createCredential(fleet.deps, { name, kind: "inference", deploymentId, mayLoad, actor: "test" })).token;

  test("unload stops, load starts with the last plan; either again is done already, and two who ask at once get one operation", async () => {
    expect(await ask("load")).toEqual({ ok: true });
    expect(await done(ask("unload"))).toEqual({ ok: true });
    expect([await desired(), await ask("unload"), unloadedAt("nod_a"), unloadedAt("nod_b")]).toEqual(["stopped", { ok: true }, [{ deploymentId, modelName: "x", version: "1", reason: "unloaded", keyHashes: [] }], undefined]);
    const [one, other] = [ask("load"), ask("load")];
    expect([await done(one), await done(other)]).toEqual([{ ok: true }, { ok: true }]);
    expect([await desired(), unloadedAt("nod_a")]).toEqual(["running", undefined]);
    expect(await database.db.operation.groupBy({ by: ["kind", "status", "createdBy"], where: { createdBy: "ingress:a" }, _count: true, orderBy: { kind: "asc" } })).toEqual([{ kind: "deploy", status: "succeeded", createdBy: "ingress:a", _count: 1 }, { kind: "stop", status: "succeeded", createdBy: "ingress:a", _count: 1 }]);
  });

  test("a key needs the permission, which the record names; without one only the console's own open machine may", async () => {
    const [plain, able] = [await makeKey("plain", false), await makeKey("able", true)];
    const no = { ok: false, code: "forbidden" };
    expect(await ask("unload", { needsKey: true })).toMatchObject(no);
    for (const key of [plain, "cpk_made-up", ""]) expect(await ask("unload", { key })).toMatchObject(no);
    const { token: admin } = await createCredential(fleet.deps, { name: "boss", kind: "admin", deploymentId: null, mayLoad: true, actor: "test" });
    expect(await ask("unload", { key: admin })).toMatchObject(no);
    expect(await ask("load", { key: able, deploymentId: "dep_other" })).toMatchObject(no);
    expect(await desired()).toBe("running");
    expect(await done(ask("unload", { key: able, needsKey: true }))).toEqual({ ok: true });
    expect(fleet.events.filter(({ actor }) => actor === "api:able").map(({ name }) => name)).toEqual(["operation.changed", "deployment.stopped"]);
    const { id } = await database.db.credential.findUniqueOrThrow({ where: { name: "able" } });
    expect(await setKey(fleet.deps, { deploymentId, keyId: id, change: { mayLoad: false }, actor: "test" })).toMatchObject({ mayLoad: false, limits: null });
    expect(await ask("load", { key: able })).toMatchObject(no);
  });

  test("a node speaks for what is entered at it alone; what cannot be says why", async () => {
    for (const asked of [{ nodeId: "nod_b" }, { deploymentId: "dep_none" }]) expect(await ask("unload", asked)).toEqual({ ok: false, code: "failed", message: "no deployment of that name is entered here" });
    expect(await done(ask("unload"))).toEqual({ ok: true });
    await database.db.node.update({ where: { id: "nod_b" }, data: { removedAt: new Date() } });
    expect(await ask("load")).toEqual({ ok: false, code: "failed", message: "Revision 1 used a node that has left the fleet." });
  });
});

describe("with a real console and real agents", () => {
  let cluster: Cluster;
  let served: Awaited<ReturnType<typeof deployOverAll>>;
  beforeAll(async () => {
    cluster = await startCluster(["one", "two", "three"]);
    served = await deployOverAll(cluster, "upright");
  }, 240_000);
  afterAll(() => cluster?.stop(), 60_000);

  async function ask(method: string, path: string, options: { key?: string; body?: string } = {}): Promise<{ status: number; text: string }> {
    const answer = await fetch(`${served.url}/${path}`, { method, ...(options.body ? { body: options.body } : {}), headers: options.key ? { authorization: `Bearer ${options.key}` } : {} });
    return { status: answer.status, text: await answer.text() };
  }
  const post = (name: string, action: RepositoryAction, key?: string) => ask("POST", `v2/repository/models/${name}/${action}`, key ? { key } : {});
  const ready = async () => (await ask("GET", "v2/models/upright/ready")).status;
  const index = async () => JSON.parse((await ask("POST", "v2/repository/index")).text);

  test("load, ready, unload, not ready, a wrong name: the ingress answers all the while, and the model's answers come back with it", async () => {
    const { inputs } = JSON.parse((await ask("GET", "v2/models/upright")).text) as { inputs: { name: string }[] };
    const shape = [1, 3, 48, 192];
    const body = JSON.stringify({ inputs: [{ name: inputs[0]?.name, datatype: "FP32", shape, data: new Array(shape.reduce((a, b) => a * b)).fill(0.1) }] });
    const infer = async () => (await ask("POST", "v2/models/upright/infer", { body })).status;
    expect(await post("upright", "load")).toEqual({ status: 200, text: "" });
    expect([await ready(), await infer()]).toEqual([200, 200]);
    expect(await post("upright", "unload")).toEqual({ status: 200, text: "" });
    expect([await ready(), await infer()]).toEqual([503, 404]);
    expect(await index()).toEqual([{ name: "upright", version: "1", state: "UNAVAILABLE", reason: "unloaded" }]);
    expect(await post("upright", "unload")).toEqual({ status: 200, text: "" });
    expect(await post("wrong_model_name", "load")).toMatchObject({ status: 400, text: expect.stringContaining("failed to load 'wrong_model_name', ") });
    expect(await post("upright", "load")).toEqual({ status: 200, text: "" });
    expect([await ready(), await infer()]).toEqual([200, 200]);
    expect(await index()).toMatchObject([{ name: "upright", state: "READY" }]);
  });

  test("a key that is shown needs the permission, also here; the record has its name", async () => {
    const { id, key } = await cluster.api<{ id: string; key: string }>("POST", `/deployments/${served.deploymentId}/keys`, { name: "shop" });
    expect(await post("upright", "unload", key)).toMatchObject({ status: 403, text: expect.stringContaining("this key may not load and unload") });
    expect(await ready()).toBe(200);
    expect(await cluster.api("PATCH", `/deployments/${served.deploymentId}/keys/${id}`, { mayLoad: true })).toMatchObject({ mayLoad: true });
    expect((await post("upright", "unload", key)).status).toBe(200);
    expect(await cluster.api("GET", `/operations?limit=1&subjectId=${served.deploymentId}`)).toMatchObject([{ kind: "stop", status: "succeeded", createdBy: "api:shop" }]);
    expect((await post("upright", "load", key)).status).toBe(200);
  });

  test("a console that is away is told at once; requests go on", async () => {
    await cluster.killConsole("SIGKILL");
    await expect.poll(async () => await post("upright", "unload")).toMatchObject({ status: 503, text: expect.stringMatching(/failed to unload 'upright', (this node has no connection to its console|the connection to the console ended)/) });
    expect(await ready()).toBe(200);
  });
});
