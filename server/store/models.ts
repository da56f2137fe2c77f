// Owns rows of models. A deleted model's row stays for the plans that name it; its files and its name do not.
import type { ProcessorSpec } from "../../agents/protocol/control.ts";
import type { Model as ModelTableRow } from "../../prisma/generated/client.ts";
import type { ModelFacts } from "../model/model.ts";
import type { ModelSample } from "../model/model-sample.ts";
import type { Db, Tx } from "./db.ts";
import { fromJson, toJson } from "./json.ts";

export type ModelOrigin = "upload" | "bundled" | "synthetic";
export type ProcessorFile = { name: string; digest: string; bytes: number };
export type StoredModel = {
  id: string;
  name: string;
  status: "ready" | "refused";
  origin: ModelOrigin;
  fileName: string;
  digest: string;
  /** Of the model file and its external data. */
  bytes: number;
  facts: ModelFacts;
  processor: ProcessorSpec | null;
  processorFiles: ProcessorFile[];
  /** The real input its plans are compared on; null = none of its own. */
  sample: ModelSample | null;
  createdAt: string;
  createdBy: string;
};

/** What a list shows: facts counted, not carried (they can be megabytes). */
export type ModelRow = {
  id: string;
  name: string;
  status: "ready" | "refused";
  origin: ModelOrigin;
  bytes: number;
  opCount: number;
  layerCount: number;
  legalCutCount: number;
  parameterCount: number;
  noCutReason: string | null;
  processorKind: string | null;
  createdAt: string;
};

export type NewModel = { id: string; name: string; origin: ModelOrigin; fileName: string; bytes: number; facts: ModelFacts; createdAt: Date; createdBy: string };

export async function insertModel(db: Db | Tx, model: NewModel): Promise<StoredModel> {
  const row = await db.model.create({
    data: { ...model, status: "ready", digest: model.facts.digest, bytes: BigInt(model.bytes), facts: toJson(model.facts) },
  });
  return toModel(row);
}

export async function findModel(db: Db | Tx, id: string): Promise<StoredModel | null> {
  const row = await db.model.findFirst({ where: { id, deletedAt: null } });
  return row && toModel(row);
}

export async function findModelByName(db: Db | Tx, name: string): Promise<{ id: string; name: string } | null> {
  return db.model.findFirst({ where: { name, deletedAt: null }, select: { id: true, name: true } });
}

/** Models with this model file; their external data may differ. */
export async function findModelsByDigest(db: Db | Tx, digest: string): Promise<StoredModel[]> {
  const rows = await db.model.findMany({ where: { digest, deletedAt: null }, orderBy: { createdAt: "asc" } });
  return rows.map(toModel);
}

type CountedRow = { id: string; name: string; status: string; origin: string; bytes: bigint; opCount: number; layerCount: number; legalCutCount: number; parameterCount: number; noCutReason: string | null; processorKind: string | null; createdAt: Date };

/** Newest first. Counted in the database, so that a list costs the same whatever the models' size. */
export async function listModels(db: Db | Tx): Promise<ModelRow[]> {
  const rows = await db.$queryRaw<CountedRow[]>`
    SELECT id, name, status, origin, bytes, (facts->>'opCount')::float8 AS "opCount", jsonb_array_length(facts->'layers') AS "layerCount",
      jsonb_array_length(jsonb_path_query_array(facts, '$.cuts[*] ? (@.legal == true)')) AS "legalCutCount",
      (facts->>'parameterCount')::float8 AS "parameterCount", facts->>'noCutReason' AS "noCutReason", processor->>'kind' AS "processorKind", "createdAt"
    FROM "Model" WHERE "deletedAt" IS NULL ORDER BY "createdAt" DESC`;
  return rows.map((row) => ({ ...row, status: row.status as ModelRow["status"], origin: row.origin as ModelOrigin, bytes: Number(row.bytes), createdAt: row.createdAt.toISOString() }));
}

export function toModelRow(model: StoredModel): ModelRow {
  const { id, name, status, origin, bytes, facts, processor, createdAt } = model;
  return {
    id,
    name,
    status,
    origin,
    bytes,
    opCount: facts.opCount,
    layerCount: facts.layers.length,
    legalCutCount: facts.cuts.filter((cut) => cut.legal).length,
    parameterCount: facts.parameterCount,
    noCutReason: facts.noCutReason,
    processorKind: processor?.kind ?? null,
    createdAt,
  };
}

export async function renameModel(db: Db | Tx, id: string, name: string): Promise<void> {
  await db.model.update({ where: { id }, data: { name } });
}

/** `processor: null` = tensors only. */
export async function updateModelProcessor(db: Db | Tx, id: string, processor: ProcessorSpec | null, processorFiles: ProcessorFile[]): Promise<void> {
  // Null takes the raw way: a JSON column's database null has a name of its own in Prisma, and only here is it needed.
  if (processor === null) await db.$executeRaw`UPDATE "Model" SET processor = NULL, "processorFiles" = '[]'::jsonb WHERE id = ${id}`;
  else await db.model.update({ where: { id }, data: { processor: toJson(processor), processorFiles: toJson(processorFiles) } });
}

export async function updateModelSample(db: Db | Tx, id: string, sample: ModelSample | null): Promise<void> {
  if (sample === null) await db.$executeRaw`UPDATE "Model" SET sample = NULL WHERE id = ${id}`;
  else await db.model.update({ where: { id }, data: { sample: toJson(sample) } });
}

export async function markModelDeleted(db: Db | Tx, id: string, deletedAt: Date): Promise<void> {
  const row = await db.model.findUniqueOrThrow({ where: { id }, select: { name: true } });
  await db.model.update({ where: { id }, data: { deletedAt, name: `${row.name} (deleted ${id})` } });
}

/** Deployments that use a model, as a page lists them. */
export async function listModelDeployments(db: Db | Tx, modelId: string): Promise<{ id: string; name: string }[]> {
  return db.deployment.findMany({ where: { modelId, deletedAt: null }, select: { id: true, name: true }, orderBy: { createdAt: "asc" } });
}

function toModel(row: ModelTableRow): StoredModel {
  return {
    id: row.id,
    name: row.name,
    status: row.status as StoredModel["status"],
    origin: row.origin as ModelOrigin,
    fileName: row.fileName,
    digest: row.digest,
    bytes: Number(row.bytes),
    facts: fromJson<ModelFacts>(row.facts),
    processor: row.processor === null ? null : fromJson<ProcessorSpec>(row.processor),
    processorFiles: fromJson<ProcessorFile[]>(row.processorFiles),
    sample: row.sample === null ? null : fromJson<ModelSample>(row.sample),
    createdAt: row.createdAt.toISOString(),
    createdBy: row.createdBy,
  };
}
