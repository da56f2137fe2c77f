// An accuracy run by the API: a labelled dataset is uploaded, refused by its line or taken, asked of a cut model on real agents, graded, kept, compared with the run before, and held against it.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { awaitOperation, type Cluster, startCluster, until } from "../../e2e/cluster.ts";
import { demoModel, sentenceEncoderProcessor } from "../../server/demo/bundled-models.ts";
import type { LoadReport } from "../../server/loadgen/method/load-report.ts";
import { SUBJECTS } from "../prediction-subjects.ts";
import { serveModel } from "./serve-model.ts";
import { readMails } from "./spam-mails.ts";

const SEEN = "CUTPLANE READS 2026";
/** It says what is above. */
const PICTURE = readFileSync(path.resolve(import.meta.dirname, "../../server/demo/picture.png")).toString("base64");
/** Called a PNG, and cut off. */
const BROKEN = PICTURE.slice(0, 400);
const REFUSED = [429, 503];
const MAILS = readMails(8, 1);
const WITHIN_MS = 120_000;

const withBytes = (files: { name: string; path: string }[]) => files.map((one) => ({ name: one.name, bytes: readFileSync(one.path) }));

let cluster: Cluster;
let served: { url: string; deploymentId: string };
let name: string;
beforeAll(async () => {
  cluster = await startCluster(["alpha", "beta"]);
  const { name: model, processor, processorFiles, path: file } = demoModel();
  if (!processor) throw new Error("the recognition model has no processor");
  name = model;
  served = await serveModel(cluster, { name, processor, processorFiles: withBytes(processorFiles) }, readFileSync(file));
});
afterAll(() => cluster?.stop());

type Row = { id: string; isValid: boolean; request: { dataset?: object }; revisionNumber: number; accuracy: { right: number; asked: number; low: number; high: number } | null };
const put = async (lines: readonly string[]) => {
  const answer = await fetch(`${cluster.url}/api/v1/files/dataset?name=lines.jsonl`, { method: "PUT", body: lines.join("\n") });
  return ((await answer.json()) as { digest: string }).digest;
};
const picture = (label: unknown, base64 = PICTURE) => JSON.stringify({ base64, label });
const facts = (digest: string, { deploymentId } = served) => cluster.api("GET", `/deployments/${deploymentId}/load-datasets/${digest}?name=lines.jsonl`);
async function ask(digest: string, concurrency = 2, { deploymentId } = served): Promise<{ row: Row; report: LoadReport; progress: { done: number; total: number; load?: { accuracy?: object } } }> {
  const request = { scenario: "Offline", what: "accuracy", concurrency, dataset: { name: "lines.jsonl", digest } };
  const { operation } = await cluster.api<{ operation: { id: string } }>("POST", `/deployments/${deploymentId}/load-runs`, { request });
  await awaitOperation(cluster, operation);
  const [row] = await cluster.api<Row[]>("GET", `/deployments/${deploymentId}/load-runs`);
  const { progress } = await cluster.api<{ progress: { done: number; total: number } }>("GET", `/operations/${operation.id}`);
  return { row: row as Row, progress, report: (await cluster.api<{ report: LoadReport }>("GET", `/load-runs/${row?.id}`)).report };
}

test("a dataset that does not fit is refused with the line that does not, and nothing is asked", async () => {
  const refused = async (...lines: string[]) => facts(await put(lines)).then(() => "taken", (error: Error) => error.message);
  expect(await refused(picture(SEEN), "{")).toMatch(/400 .*“lines.jsonl”, line 2: not JSON/);
  expect(await refused(picture(SEEN), "", picture(7))).toMatch(/line 3: its label is a number, and those before it are not/);
  expect(await refused(JSON.stringify({ text: "a", label: "b" }))).toMatch(/line 1: it is a text, and the processor ctc-text of “ppocrv4-recognition” takes a picture/);
  expect(await refused(JSON.stringify({ inputs: [{ name: "pixels", datatype: "FP32", shape: [1], data: [0] }], label: 1 }))).toMatch(/line 1: “ppocrv4-recognition” has no input \\"pixels\\"; it has \\"x\\"/);
  expect(await refused(JSON.stringify({ file: "/etc/passwd", text: "a", label: "b" }))).toMatch(/line 1: \\"file\\" has no meaning/);
  expect(await facts("0".repeat(64)).catch((error: Error) => error.message)).toMatch(/was not uploaded, or is gone/);
  expect(await cluster.api("GET", `/deployments/${served.deploymentId}/load-runs`)).toEqual([]);
});

test("every sample is asked once, graded, and kept with its data and logs; the same data again is compared sample by sample", async () => {
  const lines = [picture(SEEN), picture(SEEN.replace("6", "5")), picture("GONE", BROKEN), picture(` ${SEEN}`)];
  const digest = await put(lines);
  expect(digest).toBe(createHash("sha256").update(lines.join("\n")).digest("hex"));
  expect(await facts(digest)).toEqual({ sampleCount: 4, form: "raw", labels: "texts", labelCount: 4 });
  const { row, report, progress } = await ask(digest);
  expect(row).toMatchObject({ isValid: false, revisionNumber: 1, request: { dataset: { name: "lines.jsonl", digest } }, accuracy: { right: 2, asked: 4 } });
  expect(report.method).toBe("MLPerf method, not an MLPerf result");
  expect(report.settings.mode).toBe("AccuracyOnly");
  const graded = report.accuracy?.graded;
  expect(graded).toMatchObject({ rule: "text", outcomes: "rwfr", failedCount: 1, refusedCount: 0, text: { characters: 3 * SEEN.length + 4, wrongCharacters: 1 + 4 }, wrongCount: 2, notes: [expect.stringMatching(/^1 of 4 samples failed and count as wrong\. The first: status 400/)] });
  expect(graded?.wrong).toEqual([{ sample: 1, expected: "CUTPLANE READS 2025", got: SEEN, why: null }, { sample: 2, expected: "GONE", got: null, why: expect.stringContaining("status 400") }]);
  expect(progress).toMatchObject({ done: 4, total: 4, load: { accuracy: { total: 4, answered: 4, right: 2 } } });
  const log = async (file: string) => (await cluster.api<{ text: string }>("GET", `/load-runs/${row.id}/logs/${file}`)).text;
  const answers = JSON.parse(await log("mlperf_log_accuracy.json")) as { qsl_idx: number; data: string }[];
  expect(answers.map(({ qsl_idx }) => qsl_idx).sort()).toEqual([0, 1, 3]);
  expect(JSON.parse(Buffer.from(answers[0]?.data ?? "", "hex").toString())).toMatchObject({ text: SEEN });
  expect(await log("mlperf_log_summary.txt")).toContain("AccuracyOnly");

  const again = await ask(digest);
  const compare = (before: string) => cluster.api<{ differences: object[]; regressions: string[] }>("GET", `/load-runs/${again.row.id}/compare?before=${before}`);
  expect(await compare(row.id)).toMatchObject({ differences: [{ name: "accuracy", before: 0.5, after: 0.5, kind: "no difference seen", pairs: { gained: 0, lost: 0 } }], regressions: [] });
  const others = await ask(await put([picture(SEEN)]));
  expect(others.row).toMatchObject({ isValid: true, accuracy: { right: 1, asked: 1 } });
  await expect(compare(others.row.id)).rejects.toThrow(/409 .*asked different samples/);
});

test("mails through the sentence encoder: an embedding is told by the other mails of each kind", async () => {
  const bytes = SUBJECTS.find((one) => one.name === "sentence-encoder")?.bytes();
  if (!bytes) throw new Error("the sentence encoder is not among the subjects");
  const { processor, processorFiles } = sentenceEncoderProcessor();
  const encoder = await serveModel(cluster, { name: "sentence-encoder", processor, processorFiles: withBytes(processorFiles) }, bytes);
  const alone = await put([...MAILS.map((mail) => JSON.stringify(mail)), JSON.stringify({ text: "Hello.", label: "letter" })]);
  await expect(facts(alone, encoder)).rejects.toThrow(/has one sample only of the label/);
  const digest = await put(MAILS.map((mail) => JSON.stringify(mail)));
  expect(await facts(digest, encoder)).toEqual({ sampleCount: 8, form: "raw", labels: "texts", labelCount: 2 });
  const { row, report } = await ask(digest, 2, encoder);
  expect(row).toMatchObject({ isValid: true, accuracy: { asked: 8 } });
  const { rule, outcomes, classes } = report.accuracy?.graded ?? {};
  expect(rule).toBe("embedding");
  expect(outcomes).toMatch(/^[rw]{8}$/);
  expect(classes?.map(({ label, count }) => [label, count]).sort()).toEqual([["ham", 4], ["spam", 4]]);
  expect(row.accuracy?.right).toBe(outcomes?.replaceAll("w", "").length);
}, WITHIN_MS);

test("a cancelled run is kept as what it is: so many of so many samples, and nothing to compare with", async () => {
  const request = { scenario: "Offline", what: "accuracy", concurrency: 1, dataset: { name: "lines.jsonl", digest: await put(Array.from({ length: 1000 }, () => picture(SEEN))) } };
  const { operation } = await cluster.api<{ operation: { id: string } }>("POST", `/deployments/${served.deploymentId}/load-runs`, { request });
  await until("some answers", async () => ((await cluster.api<{ progress: { load?: { accuracy?: { answered: number } } } }>("GET", `/operations/${operation.id}`)).progress.load?.accuracy?.answered ?? 0) > 0);
  await cluster.api("POST", `/operations/${operation.id}/cancel`);
  await expect(awaitOperation(cluster, operation)).rejects.toThrow(/cancelled/);
  const [row] = await cluster.api<Row[]>("GET", `/deployments/${served.deploymentId}/load-runs`);
  expect(row?.isValid).toBe(false);
  expect(row?.accuracy?.asked).toBeLessThan(1000);
  expect(row?.accuracy?.right).toBe(row?.accuracy?.asked);
  const { report } = await cluster.api<{ report: LoadReport }>("GET", `/load-runs/${row?.id}`);
  expect(report.accuracy?.graded?.notes).toEqual([`It ended after ${row?.accuracy?.asked} of 1000 samples. The run was stopped before its end.`]);
  await expect(cluster.api("GET", `/load-runs/${row?.id}/compare?before=${row?.id}`)).rejects.toThrow(/409 .*ended before every sample was asked/);
});

test("samples that the deployment refuses are wrong, said apart, and close the gate", async () => {
  const digest = await put(Array.from({ length: 12 }, () => picture(SEEN)));
  const open = await ask(digest);
  expect(open.row.accuracy).toMatchObject({ right: 12, asked: 12 });
  await cluster.api("PATCH", `/deployments/${served.deploymentId}/serving`, { limits: { maxInFlight: 1 } });
  const send = async () => { const answer = await fetch(`${served.url}/v2/models/${name}/process`, { method: "POST", headers: { "content-type": "image/png" }, body: Buffer.from(PICTURE, "base64") }); await answer.arrayBuffer(); return answer.status; };
  await until("one request at a time to be let in", async () => (await Promise.all(Array.from({ length: 6 }, send))).some((status) => REFUSED.includes(status)));
  const { row, report } = await ask(digest, 12);
  const { refusedCount, failedCount, outcomes, notes } = report.accuracy?.graded ?? {};
  expect(refusedCount).toBeGreaterThan(0);
  expect(failedCount).toBe(refusedCount);
  expect(outcomes?.replaceAll("r", "").length).toBe(failedCount);
  expect(notes?.[1]).toMatch(/of them (was|were) refused \(429 or 503; /);
  expect(row.accuracy?.right).toBe(12 - (failedCount ?? 0));
  const { regressions } = await cluster.api<{ regressions: string[] }>("GET", `/load-runs/${row.id}/compare?before=${open.row.id}`);
  // McNemar's test rejects from four lost on.
  expect(regressions).toEqual((failedCount ?? 0) >= 4 ? ["accuracy"] : []);
});
