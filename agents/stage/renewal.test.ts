// Certificates are replaced while requests flow. The new ones are of another authority, so that a link made with an old one could not come about.
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TensorSpec } from "../protocol/tensor.ts";
import { type IngressChild, observedOf, ready, TestFleet, type TestNode } from "./testdata/test-nodes.ts";
import { layPipeline, sendRoute, type TestPipeline } from "./testdata/test-pipeline.ts";
import { testTrust } from "./testdata/test-trust.ts";
import { tinyLayers } from "./testdata/tiny-onnx.ts";

const WIDTH = 4;
const spec = (name: string): TensorSpec => ({ name, dataType: "float32", shape: ["n", WIDTH] });
let fleet: TestFleet;
let nodes: TestNode[];
let ingress: IngressChild;
let pipeline: TestPipeline;

const linked = (child: IngressChild) => observedOf(child)[0]?.pipelines[0]?.linked === true;

beforeAll(async () => {
  fleet = await TestFleet.start();
  nodes = [await fleet.node("nod_a"), await fleet.node("nod_b")];
  ingress = await fleet.ingress(nodes[0]!);
  const segment = (from: number) => ({ bytes: tinyLayers(from, from + 1, WIDTH), inputs: [spec(`v${from}`)], outputs: [spec(`v${from + 1}`)], sends: [`v${from + 1}`], warmShapes: [{ name: `v${from}`, dataType: "float32" as const, shape: [1, WIDTH] }] });
  pipeline = layPipeline(fleet, nodes[0]!, nodes, [segment(0), segment(1)], { epoch: 1, sends: ["v0"] });
  sendRoute(ingress, [pipeline], { currentEpoch: 1, inputs: [spec("v0")], outputs: [spec("v2")] });
  for (const { child } of pipeline.stages) await child.until("ready", ready);
  await ingress.until("linked", linked);
}, 180_000);
afterAll(() => fleet?.close());

async function ask(): Promise<number> {
  const body = JSON.stringify({ inputs: [{ name: "v0", datatype: "FP32", shape: [1, WIDTH], data: [1, 2, 3, 4] }] });
  const answer = await fetch(`${ingress.last("listening")!.url}/v2/models/tiny/infer`, { method: "POST", body });
  await answer.arrayBuffer();
  return answer.status;
}

test("a renewal ends no link and no request, and the links made after it carry the new certificates", async () => {
  const renewed = await testTrust();
  const statuses: number[] = [];
  let isAsking = true;
  const asking = (async () => {
    while (isAsking) statuses.push(await ask());
  })();
  const answered = (count: number) => expect.poll(() => statuses.length, { timeout: 20_000 }).toBeGreaterThanOrEqual(count);
  await answered(5);
  for (const [index, node] of nodes.entries()) {
    Object.assign(node.tls, await renewed.node(node.tls.nodeId));
    pipeline.stages[index]!.child.send({ type: "tls", tls: { ...node.tls } });
    if (index === 0) ingress.send({ type: "tls", tls: { ...node.tls } });
    await answered(statuses.length + 5);
  }
  isAsking = false;
  await asking;
  expect(new Set(statuses)).toEqual(new Set([200]));

  const second = pipeline.stages[1]!;
  second.child.process.kill("SIGKILL");
  await ingress.until("broken", (child) => !linked(child));
  await second.restart().until("ready", ready);
  await ingress.until("linked again", linked);
  expect(await ask()).toBe(200);
}, 180_000);
