import { z } from "zod";
import { checkDataset } from "../commands/check-dataset.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { listLoadTargets } from "../commands/list-load-targets.ts";
import { measureLoad } from "../commands/measure-load.ts";
import { LOAD_LOGS, readLoadLog } from "../commands/read-load-log.ts";
import { AppError } from "../errors.ts";
import { compareRuns } from "../loadgen/method/compare-runs.ts";
import { judgeGate } from "../loadgen/method/judge-gate.ts";
import type { LoadRequest } from "../loadgen/method/load-request.ts";
import type { LoadTarget } from "../loadgen/method/load-target.ts";
import { whyNotCompared } from "../loadgen/method/why-not-compared.ts";
import { findDeployment } from "../store/deployments.ts";
import { findLoadRun, listLoadRuns, type StoredLoadRun } from "../store/load-runs.ts";
import { dataset, datasetFacts, loadDifference, loadRequest, loadRun, loadRunRow, loadTarget, nodeTarget, targetKey, urlApi } from "./schemas/load-schemas.ts";
import { byId, idempotencyKey, operation } from "./schemas/operation-schemas.ts";
import { procedure, router } from "./trpc.ts";

const tags = ["load runs"];

export const loadRuns = router({
  start: procedure
    .meta({ openapi: { method: "POST", path: "/deployments/{id}/load-runs", tags, summary: "Measure a deployment, its whole model on one node, or any endpoint beside it, by the MLPerf method, in a process of its own; follow or cancel the operation" } })
    .input(byId.extend({ request: loadRequest, target: loadTarget.optional(), key: targetKey, besideRunning: z.boolean().default(false).meta({ description: "Of a node's target: other deployments on the node may be slowed down meanwhile." }), idempotencyKey }))
    .output(z.object({ operation }))
    .mutation(async ({ ctx, input: { id, request, target, key, besideRunning, idempotencyKey: once } }) => ({
      operation: await measureLoad(ctx.deps, { deploymentId: id, request: request as LoadRequest, ...(target ? { target: target as LoadTarget } : {}), key: key ?? null, besideRunning, actor: ctx.actor, ...(once === undefined ? {} : { idempotencyKey: once }) }),
    })),
  targets: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}/load-targets", tags, summary: "Nodes that its whole model may be measured on, one by itself, and whom that would slow down" } })
    .input(byId)
    .output(z.array(nodeTarget))
    .query(({ ctx, input }) => listLoadTargets(ctx.deps, input.id)),
  dataset: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}/load-datasets/{digest}", tags, summary: "What a labelled dataset holds that was uploaded by PUT /files/dataset, once every line of it fits the deployment's model, or what an address speaks" } })
    .input(byId.extend({ ...dataset.shape, api: urlApi.optional().meta({ description: "What is spoken at the address that it is for; absent = it is for the deployment's model." }) }))
    .output(datasetFacts)
    .query(async ({ ctx, input: { id, name, digest, api } }) => {
      const { modelId } = await findOrThrow(findDeployment(ctx.deps.db, id), "deployment", id);
      const { path: _, ...facts } = await checkDataset(ctx.deps, api === undefined ? { modelId } : { api }, { name, digest });
      return facts;
    }),
  list: procedure
    .meta({ openapi: { method: "GET", path: "/deployments/{id}/load-runs", tags, summary: "Load runs of a deployment and of what it was compared with, newest first" } })
    .input(byId.extend({ limit: z.number().int().min(1).max(200).default(50) }))
    .output(z.array(loadRunRow))
    .query(async ({ ctx, input }) => {
      await findOrThrow(findDeployment(ctx.deps.db, input.id), "deployment", input.id);
      return (await listLoadRuns(ctx.deps.db, input.id, input.limit)).map(toRow);
    }),
  get: procedure
    .meta({ openapi: { method: "GET", path: "/load-runs/{id}", tags, summary: "One load run with its whole report" } })
    .input(byId)
    .output(loadRun)
    .query(async ({ ctx, input }) => {
      const run = await findOrThrow(findLoadRun(ctx.deps.db, input.id), "load run", input.id);
      return { ...about(run), report: run.report };
    }),
  log: procedure
    .meta({ openapi: { method: "GET", path: "/load-runs/{id}/logs/{name}", tags, summary: "One of a run's log files, in LoadGen's own format" } })
    .input(byId.extend({ name: z.enum(LOAD_LOGS) }))
    .output(z.object({ name: z.string(), text: z.string() }))
    .query(async ({ ctx, input }) => {
      await findOrThrow(findLoadRun(ctx.deps.db, input.id), "load run", input.id);
      return { name: input.name, text: await readLoadLog(ctx.deps, input.id, input.name) };
    }),
  compare: procedure
    .meta({ openapi: { method: "GET", path: "/load-runs/{id}/compare", tags, summary: "What changed from another run to this one, with confidence intervals; regressions are what is surely worse by more than the tolerance, unjudged what cannot be told, and why. A gate passes where there is neither. Accuracy runs on the same samples are compared sample by sample" } })
    .input(byId.extend({ before: z.string().min(1).max(100), tolerance: z.number().min(0).max(10).default(0.1), accuracyTolerance: z.number().min(0).max(1).default(0).meta({ description: "How many of all samples more may be wrong, 0 to 1." }) }))
    .output(z.object({ differences: z.array(loadDifference), passes: z.boolean().meta({ description: "What a gate asks: no regression, and nothing unjudged." }), regressions: z.array(z.string()), unjudged: z.array(z.object({ name: z.string(), why: z.string() })).meta({ description: "Figures, or the validity of one of the runs." }) }))
    .query(async ({ ctx, input }) => {
      const [before, after] = await Promise.all([input.before, input.id].map((id) => findOrThrow(findLoadRun(ctx.deps.db, id), "load run", id)));
      // An empty answer would let anything through a gate.
      const apart = whyNotCompared(before!.report, after!.report);
      if (apart !== null) throw new AppError("conflict", apart, { place: "before", fix: "Compare runs of one scenario at one rate, in which nothing failed; accuracy runs that asked the whole of one dataset." });
      const differences = compareRuns(before!.report, after!.report);
      return { differences, ...judgeGate(before!.report, after!.report, differences, { latency: input.tolerance, accuracy: input.accuracyTolerance }) };
    }),
});

function about({ id, deploymentId, revisionNumber, endRevisionNumber, operationId, target, request, startedAt, finishedAt, createdBy }: StoredLoadRun) {
  return { id, deploymentId, revisionNumber, endRevisionNumber, operationId, target, request, startedAt: startedAt.toISOString(), finishedAt: finishedAt.toISOString(), createdBy };
}

function toRow(run: StoredLoadRun): z.output<typeof loadRunRow> {
  const { verdict, stats, steady, peak, accuracy } = run.report;
  const isAccuracy = run.request.what === "accuracy";
  return {
    ...about(run), isValid: isAccuracy ? verdict.isEverythingAnswered : verdict.isValid, targetNs: isAccuracy ? null : (stats?.targetNs ?? null), perSecond: isAccuracy ? null : (steady.rate?.perSecond ?? null), peakQps: peak?.qps ?? null,
    accuracy: accuracy?.interval ? { right: accuracy.correct, asked: accuracy.asked, ...accuracy.interval } : null,
  };
}
