// Which versions clients are told of and may name while a deployment is moved or a revision tried: what they were told once goes on being answered.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { IngressRoute } from "../protocol/control.ts";
import { observedOf, ready } from "../stage/testdata/test-nodes.ts";
import { layPipeline, sendRoute, type TestPipeline } from "../stage/testdata/test-pipeline.ts";
import { tinyLayers } from "../stage/testdata/tiny-onnx.ts";
import { ROUTE, type ServedModel, serveModel, spec, WIDTH } from "./testdata/served-model.ts";

const INPUT = { inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] }] };
const TRIAL = { epoch: 2, share: 0, shadowShare: 0, tolerance: 1e-3 };
let served: ServedModel;
/** Revision 4, epoch 2. */
let next: TestPipeline;

beforeAll(async () => {
  served = await serveModel();
  next = layPipeline(served.fleet, served.node, [served.node], [{ bytes: tinyLayers(0, 1, WIDTH), inputs: [spec("v0")], outputs: [spec("v1")], sends: ["v1"], warmShapes: [{ name: "v0", dataType: "float32", shape: [1, WIDTH] }] }], { epoch: 2, sends: ["v0"] });
  next.pipeline.revisionNumber = 4;
  for (const { child } of next.stages) await child.until("ready", ready);
}, 180_000);
afterAll(() => served?.fleet.close());

const draining = (one: TestPipeline): TestPipeline => ({ ...one, pipeline: { ...one.pipeline, mode: "drain" } });
async function route(pipelines: TestPipeline[], more: Partial<IngressRoute>): Promise<void> {
  const told = { ...ROUTE, ...more };
  sendRoute(served.ingress, pipelines, told);
  await served.ingress.until("the route", () => {
    const now = observedOf(served.ingress)[0];
    return now?.currentEpoch === told.currentEpoch && now?.pipelines.length === pipelines.length && now.pipelines.every(({ linked }) => linked) && (now.canary?.epoch ?? null) === (told.canary?.epoch ?? null);
  });
}
type Answer = { versions?: string[]; model_stats?: { version: string }[]; model_version?: string };
async function ask(path: string, body?: object): Promise<Answer & { status: number }> {
  const answer = await fetch(`${served.url}/v2/models/tiny${path}`, body ? { method: "POST", body: JSON.stringify(body) } : {});
  return { status: answer.status, ...((await answer.json()) as Answer) };
}
const versions = async () => (await ask("")).versions;
const counted = async () => (await ask("/stats")).model_stats?.map(({ version }) => version);
/** Who answers one that names this version; its status where nobody does. */
const answeredBy = async (version: string) => { const { status, model_version: by } = await ask(`/versions/${version}/infer`, INPUT); return status === 200 ? by : status; };
const index = async () => ((await (await fetch(`${served.url}/v2/repository/index`, { method: "POST" })).json()) as { version: string; state: string; reason: string }[]).map(({ version, state, reason }) => [version, state, reason]);

test("one that is not verified yet is neither told nor answered; one that is tried is both, and counts as tried", async () => {
  await route([served.pipeline, next], {});
  expect([await versions(), await counted(), await answeredBy("3"), await answeredBy("4")]).toEqual([["3"], ["3"], "3", 404]);
  expect(await index()).toEqual([["3", "READY", ""], ["4", "UNAVAILABLE", "it is not verified yet"]]);
  await route([served.pipeline, next], { canary: TRIAL });
  expect([await versions(), await counted(), await answeredBy("3"), await answeredBy("4")]).toEqual([["3", "4"], ["3", "4"], "3", "4"]);
  expect((await ask("/versions/4")).versions).toEqual(["4"]);
  await served.ingress.until("it counts", () => observedOf(served.ingress)[0]?.canary?.requests === 1);
  // Called off: who was told of it then is answered by the one that serves.
  await route([served.pipeline], {});
  expect([await versions(), await counted(), await answeredBy("4"), (await ask("/versions/4/ready")).status]).toEqual([["3"], ["3"], "3", 200]);
});

test("after a move the version that clients know is answered by the new one, from cutover on; one that never was is not", async () => {
  await route([served.pipeline, next], { currentEpoch: 2 });
  for (const pipelines of [[draining(served.pipeline), next], [next]]) {
    await route(pipelines, { currentEpoch: 2 });
    expect([await versions(), await counted(), await answeredBy("3"), await answeredBy("4"), (await ask("/versions/3/ready")).status]).toEqual([["4"], ["4"], "4", "4", 200]);
  }
  expect([await answeredBy("2"), await answeredBy("5"), await answeredBy("0"), await answeredBy("04"), await answeredBy("3.0"), (await ask("/versions/5/ready")).status]).toEqual(["4", 404, 404, 404, 404, 400]);
});
