// Owns one question to a deployment under load: is the latency that its ingress's metric and its console tell what its client measured by its own clock?
import { parseExposition } from "../agents/testdata/parse-exposition.ts";
import { quantile } from "./quantile.ts";
import { closedLoops } from "./raw-http-load.ts";
import { askForNothing, statisticsOf } from "./time-split.ts";

/** Until each second the console tells is one of the load. */
const SETTLE_MS = 3_000;

/** As the console's API tells it. */
export type ToldSecond = { at: string; latencyMsP50: number | null; latencyMsP99: number | null; pipelineMsP50: number | null; predictedLatencyMs: number | null };
export type ToldLatencyOf = { /** Of the ingress. */ url: string; model: string; deploymentId: string; /** A whole HTTP request. */ request: Buffer; seconds: number; /** Of the last minutes. */ readConsole(): Promise<ToldSecond[]> };
/** Milliseconds. `own`: what such a client waits beside what any request does here, as of a time split. `metricMean`: of the histogram. `p50`s: medians of each second's median, of the client's by when its requests ended, so that a second in which the machine did something else weighs alike in all of them. */
export type ToldLatency = { requests: number; client: { mean: number; p50: number }; own: number; metricMean: number; console: { p50: number; pipelineP50: number; predicted: number | null } };

/** One client with one request at a time, and nobody else asking. @throws Error when a request was not answered, or the ingress counted another number */
export async function toldLatency({ url, model, deploymentId, request, seconds, readConsole }: ToldLatencyOf): Promise<ToldLatency> {
  const look = async () => ({ metric: await metricOf(url, deploymentId), receive: (await statisticsOf(url, model)).ingress_stats.receive });
  const before = await look();
  const fromMs = Date.now();
  const [{ sent }, idleMs] = await Promise.all([closedLoops(url, request, 1, seconds), askForNothing(url, seconds)]);
  const toMs = Date.now();
  const after = await look();
  const wrong = sent.find(({ status }) => status !== 200);
  if (wrong) throw new Error(`a request was answered ${wrong.status}`);
  const requests = after.metric.count - before.metric.count;
  if (requests !== sent.length) throw new Error(`${sent.length} requests were sent, the metric counts ${requests}`);
  const rows = (await readConsole()).filter((row) => { const atMs = Date.parse(row.at); return atMs >= fromMs + SETTLE_MS && atMs <= toMs; });
  const median = (of: (row: ToldSecond) => number | null) => quantile(rows.flatMap((row) => of(row) ?? []), 0.5);
  const times = sent.map(({ ms }) => ms);
  const receiveMs = (after.receive.ns - before.receive.ns) / (after.receive.count - before.receive.count) / 1e6;
  return {
    requests, client: { mean: times.reduce((sum, ms) => sum + ms, 0) / times.length, p50: quantile(secondMedians(times), 0.5) }, own: idleMs + receiveMs,
    metricMean: ((after.metric.sum - before.metric.sum) / requests) * 1000,
    console: { p50: median((row) => row.latencyMsP50), pipelineP50: median((row) => row.pipelineMsP50), predicted: rows.at(-1)?.predictedLatencyMs ?? null },
  };
}

/** Of requests one after the other, from the second on that the console's are looked at. */
function secondMedians(timesMs: readonly number[]): number[] {
  const seconds = new Map<number, number[]>();
  let endedMs = 0;
  for (const ms of timesMs) {
    endedMs += ms;
    if (endedMs < SETTLE_MS - 1_000) continue;
    const second = Math.floor(endedMs / 1000);
    seconds.set(second, [...(seconds.get(second) ?? []), ms]);
  }
  return [...seconds.values()].map((one) => quantile(one, 0.5));
}

/** Seconds. */
async function metricOf(url: string, deploymentId: string): Promise<{ count: number; sum: number }> {
  const samples = parseExposition(await (await fetch(`${url}/metrics`)).text()).get("cutplane_ingress_latency_seconds")?.samples ?? [];
  const of = (suffix: string) => samples.find(({ name, labels }) => name.endsWith(suffix) && labels.deployment === deploymentId)?.value ?? 0;
  return { count: of("_count"), sum: of("_sum") };
}
