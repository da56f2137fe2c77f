import { expect, test } from "vitest";
import { type AttentionDeployment, type AttentionNode, type AttentionSnapshot, attentionOf, attentionOnCanvas } from "./attention.ts";

const NOW_MS = Date.parse("2026-06-01T12:00:00.000Z");
const iso = (minutes: number) => new Date(NOW_MS + minutes * 60_000).toISOString();
const deployment = (more: Partial<AttentionDeployment> = {}): AttentionDeployment => ({ id: "dep_1", name: "ocr", status: "live", statusReason: "", drift: [], migration: null, sample: { errorsPerSecond: 0, predictedLatencyMs: 100 }, pipelineMs: Array(40).fill(110), ...more });
const node = (more: Partial<AttentionNode> = {}): AttentionNode => ({ id: "nod_1", name: "cam", status: "online", cordoned: false, certificateExpiresAt: iso(60 * 24 * 20), assignments: [], memoryBytes: 1000, sample: null, ...more });
const words = (more: Partial<AttentionSnapshot>) => attentionOf({ nowMs: NOW_MS, deployments: [deployment()], nodes: [node()], links: {}, models: [{ id: "mdl_1" }], ...more }).map((item) => item.word);
const failedStage = { state: "failed", error: { code: "x", message: "no memory", retryAt: null } } as never;

test("a healthy fleet needs nothing", () => expect(words({})).toEqual([]));
test("the most urgent comes first", () => expect(words({ deployments: [deployment({ status: "degraded" })], nodes: [node({ status: "lost" })] })).toEqual(["lost", "degraded"]));
test("each reason has its word", () => {
  expect(words({ deployments: [deployment({ sample: { errorsPerSecond: 2, predictedLatencyMs: 100 } })] })).toEqual(["errors"]);
  expect(words({ deployments: [deployment({ migration: { state: "rolled-back", finishedAt: iso(-5), error: null } })] })).toEqual(["rolled back"]);
  expect(words({ deployments: [deployment({ migration: { state: "rolled-back", finishedAt: iso(-90), error: null } })] })).toEqual([]);
  expect(words({ nodes: [node({ assignments: [failedStage] })] })).toEqual(["stage failed"]);
  expect(words({ nodes: [node({ certificateExpiresAt: iso(60) })] })).toEqual(["certificate"]);
  expect(words({ nodes: [node({ sample: { memoryUsedBytes: 960 } as never })] })).toEqual(["memory"]);
});
test("a stage in another mode than its plan says has drifted", () => expect(words({ deployments: [deployment({ drift: ["Stage 1 on cam runs with 1 thread, its plan says 2 threads."] })] })).toEqual(["drifted"]));
test("slow is what stays slow, not one slow second and not too few", () => {
  const slow = (pipelineMs: (number | null)[]) => words({ deployments: [deployment({ pipelineMs })] });
  expect(slow(Array(30).fill(160))).toEqual(["slow"]);
  expect(slow([...Array(30).fill(110), 900])).toEqual([]);
  expect(slow(Array(5).fill(900))).toEqual([]);
  expect(slow([...Array(30).fill(900), ...Array(30).fill(null)])).toEqual([]);
});
test("a link is said while both its ends are there", () => {
  const links = { "nod_1>nod_2": { error: "refused" } };
  expect(words({ links, nodes: [node(), node({ id: "nod_2" })] })).toEqual(["link"]);
  expect(words({ links, nodes: [node(), node({ id: "nod_2", status: "lost" })] })).toEqual(["lost"]);
});
test("an empty installation is told its next step", () => {
  expect(attentionOf({ nowMs: NOW_MS, deployments: [], nodes: [], links: {}, models: [] }).map((item) => item.action)).toEqual(["import"]);
  expect(words({ deployments: [] })).toEqual(["next"]);
});
test("each leads to its place, and on a canvas to the drawn thing", () => {
  const items = attentionOf({ nowMs: NOW_MS, deployments: [deployment({ status: "failed" }), deployment({ id: "dep_2", status: "failed" })], nodes: [node({ assignments: [failedStage] }), node({ id: "nod_2", status: "lost" }), node({ id: "nod_3", status: "lost" })], links: { "nod_1>nod_4": { error: "refused" } }, models: [] });
  expect(items.map((item) => item.href)).toEqual(["/deployments/dep_1?tab=timeline", "/deployments/dep_2?tab=timeline", "/nodes/nod_1?tab=log&level=warn", "/nodes/nod_2", "/nodes/nod_3", "/models"]);
  const document = { nodes: [{ id: "tn_1", nodeId: "nod_1" }, { id: "tn_2", nodeId: "nod_2" }], links: [{ id: "lnk_1", fromId: "tn_2", toId: "tn_1", bidirectional: true }] };
  expect(attentionOnCanvas(items, "dep_1", document).map((item) => item.href)).toEqual(["?tab=timeline", "?selected=tn_1&tab=charts", "?selected=tn_2&tab=charts"]);
  const [link] = attentionOf({ nowMs: NOW_MS, deployments: [deployment()], nodes: [node(), node({ id: "nod_2" })], links: { "nod_1>nod_2": { error: "refused" } }, models: [{ id: "m" }] });
  expect(attentionOnCanvas(link ? [link] : [], "dep_1", document).map((item) => item.href)).toEqual(["?selected=lnk_1&tab=charts"]);
});
