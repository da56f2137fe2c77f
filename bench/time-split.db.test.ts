// On a real console with real agents behind shaped links, under load: what an ingress tells of where time went is what its clients waited, by the protocol's
// parts and by places; of tensors, and of pictures that a processor makes tensors of.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { joinElements } from "../agents/ingress/bytes-tensor.ts";
import { until } from "../e2e/cluster.ts";
import { demoModel } from "../server/demo/bundled-models.ts";
import { serveModel } from "./accuracy/serve-model.ts";
import { type LabDeployment, startLabDeployment } from "./lab-deployment.ts";
import { SUBJECTS } from "./prediction-subjects.ts";
import { partsMs, placesMs, splitTime, type TimeSplit } from "./time-split.ts";

const WITHIN_MS = 600_000;
/** A machine that others use by turns holds up a client, or who looks on, more than the other; not this many times in a row. */
const ROUNDS = 5;
const SECONDS = 3;
const SHAPE = [1, 3, 64, 64];
const bodyOf = (input: { name: string; datatype: string; shape: number[] }, tensors: Buffer) => ({ json: Buffer.from(JSON.stringify({ inputs: [{ ...input, parameters: { binary_data_size: tensors.length } }], parameters: { binary_data_output: true } })), tensors });
const TENSORS = bodyOf({ name: "image", datatype: "FP32", shape: SHAPE }, Buffer.alloc(4 * SHAPE.reduce((product, size) => product * size, 1)));
let lab: LabDeployment;
let url: string;
const folder = mkdtempSync(join(tmpdir(), "cutplane-time-split-"));
beforeAll(async () => {
  // Of its first dimension all tensors have one name, so that requests can run together.
  const file = join(folder, "model.onnx");
  writeFileSync(file, SUBJECTS.find(({ name }) => name === "resnet-shaped")!.bytes());
  lab = await startLabDeployment({ name: "pictures", nodes: ["a", "b"], links: { delayMs: 3, bytesPerSecond: 40e6 }, model: { file, shape: SHAPE, cuts: [0.5] } });
  url = (await lab.urls())[0]!;
}, WITHIN_MS);
afterAll(async () => {
  await lab?.stop();
  rmSync(folder, { recursive: true });
});

type Round = { parts: number; places: number; bare: number; split: TimeSplit };
const isNear = ({ parts, places }: Round): boolean => [parts, places].every((ratio) => Math.abs(ratio - 1) <= 0.1);

/** Until one round's sums agree with what the clients waited. */
async function expectSums(at: { url: string; model: string; body: { json: Buffer; tensors: Buffer } }, clients: number): Promise<Round[]> {
  await splitTime(at.url, at.model, at.body, clients, SECONDS);
  const rounds: Round[] = [];
  while (rounds.length < ROUNDS && !rounds.some(isNear)) {
    const split = await splitTime(at.url, at.model, at.body, clients, SECONDS);
    const { client, own, batch } = split;
    const round = { parts: (partsMs(split) + own) / client, places: (placesMs(split) + own) / client, bare: partsMs(split) / client, split };
    rounds.push(round);
    process.stdout.write(`${at.model}, ${clients} clients, batches of ${batch.toFixed(2)}: parts ${round.parts.toFixed(3)}, places ${round.places.toFixed(3)} of the clients' latency; without what is their own ${round.bare.toFixed(3)}\n`);
    // Whatever the machine does, nothing is told that no client waited for.
    expect(round.bare).toBeLessThanOrEqual(1);
    expect(split.items).toBe(split.requests);
  }
  expect(rounds.filter(isNear), JSON.stringify(rounds)).not.toEqual([]);
  return rounds;
}

test.each([[1, 0], [4, 0], [1, 4], [12, 4]])("%d clients, batches of up to %d: parts and places sum to what the clients waited, within a tenth", async (clients, maxSize) => {
  await lab.cluster.api("PATCH", `/deployments/${lab.deploymentId}/serving`, { batching: maxSize > 0 ? { maxSize, maxDelayMs: 2, preferredSizes: [] } : null });
  await until("the ingress to take them so", async () => ((await (await fetch(`${url}/v2/models/pictures/config`)).json()) as { max_batch_size: number }).max_batch_size === maxSize);
  const rounds = await expectSums({ url, model: "pictures", body: TENSORS }, clients);
  expect(rounds.every(({ split }) => split.processor === null)).toBe(true);
  if (clients > 4) expect(Math.max(...rounds.map(({ split }) => split.batch))).toBeGreaterThan(1);
}, WITHIN_MS);

test("pictures through a processor: waiting for it, before the first segment and after the last are places of their own, and the sums agree as well", async () => {
  const { name, processor, processorFiles, path } = demoModel();
  const files = processorFiles.map((file) => ({ name: file.name, bytes: readFileSync(file.path) }));
  const { url: entry } = await serveModel(lab.cluster, { name, processor: processor!, processorFiles: files }, readFileSync(path));
  const picture = readFileSync(join(import.meta.dirname, "../server/demo/picture.png"));
  const body = bodyOf({ name: "INPUT", datatype: "BYTES", shape: [1] }, Buffer.from(joinElements([picture])));
  for (const clients of [1, 4]) {
    const rounds = await expectSums({ url: entry, model: `${name}.process`, body }, clients);
    const { client, processor: made } = rounds.at(-1)!.split;
    process.stdout.write(`  of the clients' ${client.toFixed(1)} ms the processor's queue ${made!.queue.toFixed(2)}, preprocess ${made!.preprocess.toFixed(2)}, postprocess ${made!.postprocess.toFixed(2)}\n`);
    for (const ms of [made!.preprocess, made!.postprocess]) expect(ms).toBeGreaterThan(0);
  }
}, WITHIN_MS);
