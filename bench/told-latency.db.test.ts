// On a real console with real agents, a model with its processor: what the ingress's metric and the console's p50 tell of latency is what a client measures by its own clock, whichever way the picture
// came; and beside it stands what the pipeline took alone, which the prediction is of.
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { joinElements } from "../agents/ingress/bytes-tensor.ts";
import { type Cluster, startCluster } from "../e2e/cluster.ts";
import { demoModel } from "../server/demo/bundled-models.ts";
import { serveModel } from "./accuracy/serve-model.ts";
import { requestBytes } from "./raw-http-load.ts";
import { type ToldLatency, type ToldSecond, toldLatency } from "./told-latency.ts";

const WITHIN_MS = 600_000;
/** A machine that others use by turns holds up a client, or who looks on, more than the other; not this many times in a row. */
const ROUNDS = 5;
const SECONDS = 8;
const NAME = demoModel().name;
const picture = readFileSync(path.join(import.meta.dirname, "../server/demo/picture.png"));
let cluster: Cluster;
let served: { url: string; deploymentId: string };
beforeAll(async () => {
  const { processor, processorFiles, path: file } = demoModel();
  if (!processor) throw new Error("the recognition model has no processor");
  cluster = await startCluster(["alpha", "beta"]);
  served = await serveModel(cluster, { name: NAME, processor, processorFiles: processorFiles.map((one) => ({ name: one.name, bytes: readFileSync(one.path) })) }, readFileSync(file));
}, WITHIN_MS);
afterAll(() => cluster?.stop());

const element = Buffer.from(joinElements([picture]));
const head = Buffer.from(JSON.stringify({ inputs: [{ name: "INPUT", datatype: "BYTES", shape: [1], parameters: { binary_data_size: element.length } }] }));
const WAYS: [way: string, route: string, headers: Record<string, string | number>, body: Buffer][] = [
  ["the raw picture", `${NAME}/process`, { "content-type": "image/png" }, picture],
  ["the picture as BYTES of the protocol", `${NAME}.process/infer`, { "inference-header-content-length": head.length }, Buffer.concat([head, element])],
];

/** Within a tenth, but for what is the client's own. */
const agrees = (toldMs: number, clientMs: number, ownMs: number): boolean => toldMs <= clientMs * 1.1 && toldMs + ownMs >= clientMs * 0.9;
const isNear = ({ client, own, metricMean, console: told }: ToldLatency): boolean => agrees(metricMean, client.mean, own) && agrees(told.p50, client.p50, own);

test.each(WAYS)("%s: metric and console tell what the client waited, within a tenth, and the pipeline's part of it apart", async (way, route, headers, body) => {
  const { url, deploymentId } = served;
  const request = requestBytes(new URL(url).host, `/v2/models/${route}`, headers, body);
  const ask = (seconds: number) => toldLatency({ url, model: NAME, deploymentId, request, seconds, readConsole: () => cluster.api<ToldSecond[]>("GET", `/deployments/${deploymentId}/metrics?minutes=5`) });
  await ask(2);
  const rounds: ToldLatency[] = [];
  while (rounds.length < ROUNDS && !rounds.some(isNear)) {
    const round = await ask(SECONDS);
    rounds.push(round);
    const { client, own, metricMean, console: told } = round;
    process.stdout.write(`${way}: ${round.requests} requests, client mean ${client.mean.toFixed(1)} p50 ${client.p50.toFixed(1)} ms (${own.toFixed(1)} its own), metric ${metricMean.toFixed(1)}, console p50 ${told.p50.toFixed(1)}, without processor ${told.pipelineP50.toFixed(1)}, predicted ${told.predicted?.toFixed(1)}\n`);
    // Whatever the machine does, nothing is told that no client waited for, and the processor takes its time.
    expect(metricMean).toBeLessThanOrEqual(client.mean);
    expect(told.pipelineP50).toBeLessThan(told.p50);
    expect(told.predicted).toBeGreaterThan(0);
  }
  expect(rounds.filter(isNear), JSON.stringify(rounds)).not.toEqual([]);
}, WITHIN_MS);
