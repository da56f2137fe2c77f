import { z } from "zod";
import { cancelOperation } from "../commands/cancel-operation.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { MAX_WAIT_SECONDS, waitForOperation } from "../commands/run-operation.ts";
import { EVENT_KINDS, EVENT_SEVERITIES } from "../events/catalogue.ts";
import { type EventQuery, eventHeadSeq, listEvents, MAX_EVENTS_PER_PAGE } from "../store/events.ts";
import { findOperation } from "../store/operations.ts";
import { readOperationRows } from "./read-operation-rows.ts";
import { byId, operation, operationRow, storedEvent } from "./schemas/operation-schemas.ts";
import { procedure, router } from "./trpc.ts";

export const operations = router({
  list: procedure
    .meta({ openapi: { method: "GET", path: "/operations", tags: ["operations"], summary: "List long operations, newest first" } })
    .input(z.object({ status: z.enum(["running", "succeeded", "failed", "cancelled"]).optional(), subjectId: z.string().optional(), limit: z.number().int().min(1).max(1000).default(100) }).default({ limit: 100 }))
    .output(z.array(operationRow))
    .query(({ ctx, input }) => readOperationRows(ctx.deps, input)),
  get: procedure
    .meta({ openapi: { method: "GET", path: "/operations/{id}", tags: ["operations"], summary: "One operation; with waitSeconds, once it has ended" } })
    .input(byId.extend({ waitSeconds: z.number().min(0).max(MAX_WAIT_SECONDS).default(0) }))
    .output(operation)
    .query(({ ctx, input }) => (input.waitSeconds > 0 ? waitForOperation(ctx.deps, input.id, input.waitSeconds, ctx.signal) : findOrThrow(findOperation(ctx.deps.db, input.id), "operation", input.id))),
  cancel: procedure
    .meta({ openapi: { method: "POST", path: "/operations/{id}/cancel", tags: ["operations"], summary: "Cancel a running operation" } })
    .input(byId)
    .output(operation)
    .mutation(({ ctx, input }) => cancelOperation(ctx.deps, input.id, ctx.actor)),
});

export const events = router({
  list: procedure
    .meta({ openapi: { method: "GET", path: "/events", tags: ["events"], summary: "The event log, ascending; without afterSeq the newest ones" } })
    .input(
      z
        .object({ afterSeq: z.number().int().min(0).optional(), beforeSeq: z.number().int().min(0).optional(), subjectId: z.string().optional().meta({ description: "Of this thing; of a deployment also what happened elsewhere for its sake." }), kind: z.enum(EVENT_KINDS).optional(), severity: z.enum(EVENT_SEVERITIES).optional().meta({ description: "This one and worse." }), text: z.string().max(200).optional().meta({ description: "In name, message, actor or subject." }), limit: z.number().int().min(1).max(MAX_EVENTS_PER_PAGE).default(100) })
        .default({ limit: 100 }),
    )
    .output(z.object({ events: z.array(storedEvent), headSeq: z.number() }))
    .query(async ({ ctx, input }) => {
      // The head is read first: an event that comes in between is then in the list, never missed by who goes on from the head.
      const headSeq = await eventHeadSeq(ctx.deps.db);
      return { events: await listEvents(ctx.deps.db, input as EventQuery), headSeq };
    }),
});
