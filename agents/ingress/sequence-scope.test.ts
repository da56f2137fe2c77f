// Ids of sequences are their client's own: what another key's client, or the ingress itself, calls by the same name is another sequence.
import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { observedOf, ready, TestFleet } from "../stage/testdata/test-nodes.ts";
import { layPipeline, sendRoute } from "../stage/testdata/test-pipeline.ts";
import { tinyRunningSum } from "../stage/testdata/tiny-onnx.ts";

const spec = (name: string) => ({ name, dataType: "float32" as const, shape: [1, 1] });
const STATES = [{ input: "sum", output: "sumNext", dataType: "float32" as const, shape: [1, 1] }];
let fleet: TestFleet;
let url: string;
beforeAll(async () => {
  fleet = await TestFleet.start();
  const node = await fleet.node("nod_a");
  const ingress = await fleet.ingress(node);
  url = ingress.last("listening")!.url;
  const pipeline = layPipeline(fleet, node, [node], [{ bytes: tinyRunningSum("x", "y", 1), inputs: [spec("x"), spec("sum")], outputs: [spec("y"), spec("sumNext")], sends: ["y"], states: STATES, warmShapes: [spec("x"), spec("sum")] }], { epoch: 1, sends: ["x"] });
  sendRoute(ingress, [pipeline], { currentEpoch: 1, inputs: [spec("x"), spec("sum")], outputs: [spec("y"), spec("sumNext")], states: STATES, keyHashes: ["a", "b"].map((key) => createHash("sha256").update(key).digest("hex")) });
  for (const { child } of pipeline.stages) await child.until("ready", ready);
  await ingress.until("linked", (child) => observedOf(child)[0]?.pipelines[0]?.linked === true);
}, 180_000);
afterAll(() => fleet?.close());

async function step(key: string | null, id: string, value: number, at: { start?: boolean; end?: boolean } = {}): Promise<number | string> {
  const answer = await fetch(`${url}/v2/models/tiny/infer`, {
    method: "POST", headers: key === null ? {} : { authorization: `Bearer ${key}` },
    body: `{"parameters":{"sequence_id":${id},"sequence_start":${at.start === true},"sequence_end":${at.end === true}},"inputs":[{"name":"x","datatype":"FP32","shape":[1,1],"data":[${value}]}]}`,
  });
  const told = (await answer.json()) as { error?: string; outputs?: [{ data: [number] }] };
  return told.error ?? told.outputs![0].data[0];
}

test("two keys' clients and one without a key use one id at once, and end their own", async () => {
  expect(await step("a", "7", 1, { start: true })).toBe(1);
  expect(await step("b", "7", 10, { start: true })).toBe(10);
  expect(await step(null, "7", 100, { start: true })).toBe(100);
  expect(await step("a", "7", 2)).toBe(3);
  expect(await step("b", "7", 20, { end: true })).toBe(30);
  expect(await step("a", "7", 3, { end: true })).toBe(6);
  expect(await step(null, "7", 200)).toBe(300);
  expect(await step("a", "7", 1)).toBe('sequence "7" is not open here: send sequence_start with its first request');
  expect(await step(null, '"process:1"', 1)).toMatch(/^sequence "process:1" is not open here/);
});

test("ids that differ in their last digit only are two sequences", async () => {
  const [one, other] = ["18446744073709551615", "18446744073709551614"] as const;
  expect(await step(null, one, 1, { start: true })).toBe(1);
  expect(await step(null, other, 10, { start: true })).toBe(10);
  expect(await step(null, one, 1)).toBe(2);
  expect(await step(null, other, 10)).toBe(20);
});
