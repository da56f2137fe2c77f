// Owns the demo: a fleet of three agents on this machine, a real model cut over them, and a picture of text that it reads. It is a client
// of the console's public API and a starter of programs, nothing more; a second start finds everything as it was.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createDemoApi, DemoError } from "./demo-api.ts";
import { startCamera } from "./demo-camera.ts";
import { type Deployed, deployDemo } from "./demo-deployment.ts";
import { removeQuotas, repositoryFolder, startFleet } from "./demo-fleet.ts";
import { createProgramKeeper } from "./demo-processes.ts";
import { steadyLatencyMs, WINDOW_REQUESTS } from "./steady-latency.ts";

export type DemoOptions = {
  consoleUrl: string;
  /** Credential for a console that demands one. */
  token?: string | null;
  /** The console's own; the demo lives in its folder `demo`. */
  dataFolder: string;
  /** Ends the fleet once the result is there. */
  once: boolean;
  /** Lines for the terminal. */
  log(line: string): void;
  /** Aborted = end everything that was started. */
  signal: AbortSignal;
  /** agents/dist/main.mjs */
  agentEntry: string;
  /** Pictures per second of the demo camera while it serves; 0 = none. */
  cameraPerSecond: number;
};
export type DemoResult = { model: string; segments: number; nodes: string[]; text: string; predictedLatencyMs: number | null; measuredLatencyMs: number; /** False = no three windows of requests agreed; the figure is their median all the same. */ isSteady: boolean; parityMaxRelError: number | null };
export type RunningDemo = DemoResult & { ingressUrl: string; confidence: number; stop(): Promise<void> };

/** The first ones warm connections and caches. */
const WARM_REQUESTS = 2;
/** A machine that gives no steady figure by then is told as such. */
const MAX_MEASURED_REQUESTS = 20 * WINDOW_REQUESTS;
/** Alone on the pipeline, as the prediction is for. */
const PAUSE_MS = 20;

/** Resolves once the text was read; the fleet stays until `stop` or the signal, with `once` it is ended before. @throws DemoError */
export async function runDemo(options: DemoOptions): Promise<RunningDemo> {
  const folder = join(options.dataFolder, "demo");
  const keeper = createProgramKeeper(folder);
  let camera: { stop(): void } | null = null;
  let stopping: Promise<void> | null = null;
  const stop = () => {
    camera?.stop();
    stopping ??= keeper.stopAll().then(() => removeQuotas(folder));
    return stopping;
  };
  options.signal.addEventListener("abort", () => void stop(), { once: true });
  try {
    const { consoleUrl, log, signal, agentEntry } = options;
    const api = createDemoApi(consoleUrl, options.token ?? null, signal);
    const fleet = await startFleet({ api, consoleUrl, folder, agentEntry, keeper, log, signal });
    const deployed = await deployDemo({ api, log, signal }, fleet);
    const picture = readFileSync(join(repositoryFolder(), "server/demo/picture.png"));
    const url = processUrl(deployed);
    const { text, confidence, latencyMs, isSteady } = await readPicture(url, picture, signal);
    const perSecond = options.cameraPerSecond;
    if (!options.once && perSecond > 0) {
      camera = startCamera({ url, picture, perSecond, expectedText: text, log });
      log(`a demo camera sends ${perSecond} pictures a second, so that numbers move; it is not real traffic`);
    }
    const { parity, plan } = deployed.plan;
    const result: DemoResult = {
      model: deployed.model.name, segments: plan.placement.length, nodes: fleet.nodes.map((node) => node.name), text,
      predictedLatencyMs: deployed.deployment.predictedLatencyMs ?? plan.estimate.latencyMs,
      measuredLatencyMs: Math.round(latencyMs * 100) / 100,
      isSteady,
      parityMaxRelError: parity.status === "equal" || parity.status === "different" ? parity.maxRelError : null,
    };
    if (parity.status === "different" || parity.status === "failed") throw new DemoError(`the cut model does not answer as the whole one does (${parity.status})`);
    if (options.once) await stop();
    return { ...result, confidence, ingressUrl: url, stop };
  } catch (error) {
    await stop();
    throw options.signal.aborted ? new DemoError("the demo was stopped", { cause: error }) : error;
  }
}

function processUrl({ deployment }: Deployed): string {
  const ingress = deployment.ingress.find((one) => one.ready);
  return `${ingress!.url}/v2/models/${encodeURIComponent(deployment.name)}/process`;
}

/** One at a time, until the latency is steady. The first may meet an ingress whose processor is still loading. */
async function readPicture(url: string, picture: Uint8Array, signal: AbortSignal): Promise<{ text: string; confidence: number; latencyMs: number; isSteady: boolean }> {
  const times: number[] = [];
  let answer = { text: "", confidence: 0 };
  let patience = 120;
  let steadyMs: number | null = null;
  for (let index = 0; steadyMs === null && times.length < MAX_MEASURED_REQUESTS; ) {
    const started = performance.now();
    const answered = await post(url, picture, signal);
    const took = performance.now() - started;
    // Not listening yet, or its processor or pipeline is still coming up: what the console last heard may be older than the agents.
    if (answered === null || answered.status === 503) {
      if (patience-- > 0) {
        await sleep(250, undefined, { signal });
        continue;
      }
      throw new DemoError(`the ingress at ${url} ${answered === null ? "does not answer" : `is not ready: ${answered.body.slice(0, 300)}`}`);
    }
    const { status, body } = answered;
    if (status !== 200) throw new DemoError(`the ingress answered ${status}: ${body.slice(0, 300)}`);
    answer = JSON.parse(body) as typeof answer;
    if (index >= WARM_REQUESTS) times.push(took);
    index++;
    steadyMs = steadyLatencyMs(times);
    await sleep(PAUSE_MS, undefined, { signal });
  }
  return { ...answer, latencyMs: steadyMs ?? times.sort((a, b) => a - b)[times.length >> 1]!, isSteady: steadyMs !== null };
}

/** null = nobody listens. */
async function post(url: string, picture: Uint8Array, signal: AbortSignal): Promise<{ status: number; body: string } | null> {
  try {
    const response = await fetch(url, { method: "POST", headers: { "content-type": "image/png" }, body: new Uint8Array(picture), signal: AbortSignal.any([signal, AbortSignal.timeout(30_000)]) });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}
