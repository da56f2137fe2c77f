// An analysis on a real console with real agents: real rigs, real measurements, and nothing left of them when it ends, is cancelled, or the console dies under it.
import { afterAll, beforeAll, expect, test } from "vitest";
import { awaitOperation, until } from "../e2e/cluster.ts";
import { type LabDeployment, ORIENTATION, startLabDeployment } from "./lab-deployment.ts";

const WITHIN_MS = 600_000;
type Figures = { perSecond: number; latencyMsP50: number; latencyMsP99: number; memoryBytes: number | null; sampleCount: number };
type Configuration = { planId: string; threads: number | null; maxBatch: number; concurrency: number };
type Analysis = {
  status: string; error: string | null; results: { configuration: Configuration; figures: Figures | null; why: string | null }[]; variants: { label: string; planId: string | null; refused: string | null }[]; paretoKeys: string[];
  outcome: { chosen: Configuration | null; why: string | null; again: { configuration: Configuration; figures: Figures | null; keeps: boolean }[] } | null;
};
type Deployment = { id: string; name: string; currentRevision: { number: number } | null };
/** Short windows, many of them: on a busy machine three that agree take a while to come. */
const WINDOWS = { windowMs: 500, maxWindows: 40 };
const REQUEST = { plans: [{ kind: "current" }], concurrency: [1], ...WINDOWS };

let lab: LabDeployment;
beforeAll(async () => { lab = await startLabDeployment({ name: "orient", nodes: ["a", "b"], links: { delayMs: 0.2, bytesPerSecond: 100e6 }, model: { ...ORIENTATION, cuts: [0.5] } }); }, WITHIN_MS);
afterAll(() => lab?.stop());

const api = <T>(method: string, route: string, body?: unknown) => lab.cluster.api<T>(method, route, body);
const start = (request: unknown) => api<{ analysisId: string; operation: { id: string } }>("POST", "/analyses", { deploymentId: lab.deploymentId, besideRunning: true, request });
const rigs = async () => (await api<Deployment[]>("GET", "/deployments")).filter(({ name }) => name.startsWith("rig-"));
const noRigs = () => until("every rig to be gone", async () => (await rigs()).length === 0, WITHIN_MS);
const rigServes = () => until("a rig to serve", async () => (await rigs()).some(({ currentRevision }) => currentRevision !== null), WITHIN_MS);

test("who would be slowed down is said first, and asked for", async () => {
  const body = { deploymentId: lab.deploymentId, request: REQUEST };
  const preview = await api<{ configurations: number; atLeastSeconds: number; atMostSeconds: number; rigSecondsSeen: number; besides: { name: string }[] }>("POST", "/analyses/preview", body);
  expect(preview).toMatchObject({ configurations: 1, besides: [{ name: "orient" }] });
  expect(preview.atLeastSeconds).toBeLessThan(preview.atMostSeconds);
  expect(preview.rigSecondsSeen).toBeGreaterThan(0);
  await expect(api("POST", "/analyses", body)).rejects.toThrow(/409.*orient runs on nodes of this topology/);
  expect(await rigs()).toEqual([]);
});

test("every configuration is measured on its rig, the best is measured again, and what runs is left alone", async () => {
  const { analysisId, operation } = await start({ ...REQUEST, plans: [{ kind: "current" }, { kind: "best", objective: "latency" }], threads: [null, 64], maxBatch: [2, 1], concurrency: [1, 2], constraints: { maxLatencyMsP99: 60_000, maxMemoryBytes: 64 * 2 ** 30 } });
  await expect(start(REQUEST)).rejects.toThrow(/429|under way/);
  await awaitOperation(lab.cluster, operation, WITHIN_MS);
  const analysis = await api<Analysis>("GET", `/analyses/${analysisId}`);
  const tried = analysis.variants.filter(({ refused }) => refused === null);
  expect(tried.length).toBeGreaterThanOrEqual(1);
  // No machine of the test has 64 cores and a measurement of that mode.
  expect(analysis.variants.filter(({ label }) => label.includes("64 threads")).every(({ refused }) => refused !== null)).toBe(true);
  expect(analysis.results).toHaveLength(tried.length * 4);
  expect(new Set(analysis.results.map(({ configuration }) => JSON.stringify(configuration))).size).toBe(analysis.results.length);
  for (const { figures, why } of analysis.results) {
    expect((figures === null) !== (why === null)).toBe(true);
    if (!figures) continue;
    expect(figures.perSecond).toBeGreaterThan(0);
    expect(figures.latencyMsP99).toBeGreaterThanOrEqual(figures.latencyMsP50);
    expect(figures.memoryBytes).toBeGreaterThan(1e6);
  }
  const { chosen, again, why } = analysis.outcome!;
  const hasFigure = analysis.results.some(({ figures }) => figures !== null);
  // On a machine that is busy by turns no three windows agree: then nothing is chosen, and it says why.
  if (chosen) expect(again.at(-1)).toMatchObject({ configuration: chosen, keeps: true });
  else expect(why).toMatch(hasFigure ? /^Measured again, none of the best/ : /^No configuration has a figure/);
  expect(again.length > 0).toBe(hasFigure);
  expect(analysis.paretoKeys.length > 0).toBe(hasFigure);
  const { text } = await api<{ text: string }>("GET", `/analyses/${analysisId}/table`);
  expect(text.trimEnd().split("\r\n")).toHaveLength(1 + analysis.results.length + again.length);
  expect(await rigs()).toEqual([]);
  expect(await api<Deployment>("GET", `/deployments/${lab.deploymentId}`)).toMatchObject({ currentRevision: { number: 1 } });
}, WITHIN_MS);

test("what keeps to nothing that was asked is not chosen, and how far it is off is said", async () => {
  const { analysisId, operation } = await start({ ...REQUEST, constraints: { maxLatencyMsP99: 0.001 } });
  await awaitOperation(lab.cluster, operation, WITHIN_MS);
  expect((await api<Analysis>("GET", `/analyses/${analysisId}`)).outcome).toMatchObject({ chosen: null, again: [], why: expect.stringMatching(/None keeps to what was asked.*is above 0.001 ms|No configuration has a figure/) });
}, WITHIN_MS);

test("cancelled, it keeps what it has measured and its rig goes away", async () => {
  const { analysisId, operation } = await start({ ...REQUEST, concurrency: [1, 2, 3, 4, 5, 6], windowMs: 5000 });
  await rigServes();
  await api("POST", `/operations/${operation.id}/cancel`);
  await noRigs();
  expect(await api<Analysis>("GET", `/analyses/${analysisId}`)).toMatchObject({ status: "cancelled", outcome: null });
}, WITHIN_MS);

test("when the console dies under it, it has failed after the restart, and its rig goes away", async () => {
  const { analysisId } = await start({ ...REQUEST, concurrency: [1, 2, 3, 4, 5, 6], windowMs: 5000 });
  await rigServes();
  await lab.cluster.killConsole("SIGKILL");
  await lab.cluster.restartConsole();
  await noRigs();
  expect(await api<Analysis>("GET", `/analyses/${analysisId}`)).toMatchObject({ status: "failed", error: "The console stopped while this was running.", outcome: null });
  expect(await api<Deployment>("GET", `/deployments/${lab.deploymentId}`)).toMatchObject({ currentRevision: { number: 1 } });
}, WITHIN_MS);
