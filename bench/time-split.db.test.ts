// On a real console with real agents behind shaped links, under load: what an ingress tells of where time went is what its clients waited, by the protocol's
// parts and by places.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../e2e/cluster.ts";
import { type LabDeployment, startLabDeployment } from "./lab-deployment.ts";
import { SUBJECTS } from "./prediction-subjects.ts";
import { partsMs, placesMs, splitTime } from "./time-split.ts";

const WITHIN_MS = 600_000;
/** A machine that others use by turns holds up a client, or who looks on, more than the other; not this many times in a row. */
const ROUNDS = 5;
const SECONDS = 3;
const SHAPE = [1, 3, 64, 64];
const tensors = Buffer.alloc(4 * SHAPE.reduce((product, size) => product * size, 1));
const json = Buffer.from(JSON.stringify({ inputs: [{ name: "image", datatype: "FP32", shape: SHAPE, parameters: { binary_data_size: tensors.length } }], parameters: { binary_data_output: true } }));
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

const isNear = (ratio: number): boolean => Math.abs(ratio - 1) <= 0.1;

test.each([[1, 0], [4, 0], [1, 4], [12, 4]])("%d clients, batches of up to %d: parts and places sum to what the clients waited, within a tenth", async (clients, maxSize) => {
  await lab.cluster.api("PATCH", `/deployments/${lab.deploymentId}/serving`, { batching: maxSize > 0 ? { maxSize, maxDelayMs: 2, preferredSizes: [] } : null });
  await until("the ingress to take them so", async () => ((await (await fetch(`${url}/v2/models/pictures/config`)).json()) as { max_batch_size: number }).max_batch_size === maxSize);
  await splitTime(url, "pictures", { json, tensors }, clients, SECONDS);
  const rounds: { parts: number; places: number; bare: number; batch: number }[] = [];
  while (rounds.length < ROUNDS && !rounds.some(({ parts, places }) => isNear(parts) && isNear(places))) {
    const split = await splitTime(url, "pictures", { json, tensors }, clients, SECONDS);
    const { client, own, batch } = split;
    const round = { parts: (partsMs(split) + own) / client, places: (placesMs(split) + own) / client, bare: partsMs(split) / client, batch };
    rounds.push(round);
    process.stdout.write(`${clients} clients, batches of ${batch.toFixed(2)}: parts ${round.parts.toFixed(3)}, places ${round.places.toFixed(3)} of the clients' latency; without what is their own ${round.bare.toFixed(3)}\n`);
    // Whatever the machine does, nothing is told that no client waited for.
    expect(round.bare).toBeLessThanOrEqual(1);
    expect(split.items).toBe(split.requests);
  }
  expect(rounds.filter(({ parts, places }) => isNear(parts) && isNear(places)), JSON.stringify(rounds)).not.toEqual([]);
  if (clients > 4) expect(Math.max(...rounds.map(({ batch }) => batch))).toBeGreaterThan(1);
}, WITHIN_MS);
