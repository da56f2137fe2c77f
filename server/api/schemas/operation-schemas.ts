// Owns the API's description of operations and events, and what every procedure shares.
import { z } from "zod";
import type { StoredEvent } from "../../events/catalogue.ts";
import { loadProgress } from "./load-schemas.ts";
import { frontFigures, searchProgress } from "./plan-schemas.ts";

export const byId = z.object({ id: z.string().min(1).max(100) });
export const done = z.object({ ok: z.literal(true) }).meta({ id: "Done" });
export const idempotencyKey = z.string().min(8).max(200).optional().meta({ description: "The same key again returns the first operation and does nothing else." });

const operationShape = {
  id: z.string(),
  kind: z.enum(["import-model", "profile-model", "check-parity", "plan", "deploy", "move", "stop", "drain", "load", "analyze", "shed", "batch"]),
  subjectId: z.string(),
  status: z.enum(["running", "succeeded", "failed", "cancelled"]),
  progress: z.object({ step: z.string(), done: z.number(), total: z.number(), unit: z.enum(["bytes", "items", ""]), detail: z.string(), search: searchProgress.optional(), front: z.array(frontFigures).optional(), load: loadProgress.optional() }),
  result: z.unknown(),
  error: z.object({ code: z.string(), message: z.string(), fix: z.string().nullable() }).nullable(),
  createdAt: z.iso.datetime(),
  createdBy: z.string(),
  finishedAt: z.iso.datetime().nullable(),
};
export const operation = z.object(operationShape).meta({ id: "Operation" });
export const operationRow = z.object({ ...operationShape, subjectName: z.string().nullable().meta({ description: "What it works on, as it is called, or was." }) }).meta({ id: "OperationRow" });

/** The payload depends on the name and is a record of the catalogue's. */
export const storedEvent = z
  .object({ seq: z.number(), at: z.iso.datetime(), name: z.string(), subjectId: z.string(), actor: z.string(), message: z.string(), payload: z.record(z.string(), z.unknown()) })
  .meta({ id: "Event" }) as unknown as z.ZodType<StoredEvent, StoredEvent>;

export const apiError = z
  .object({ error: z.object({ code: z.string(), message: z.string(), place: z.string().nullable(), fix: z.string().nullable(), details: z.unknown().optional() }) })
  .meta({ id: "Error", description: "What happened, where, and what to do." });
