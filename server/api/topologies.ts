import { z } from "zod";
import { createTopology, importTopology } from "../commands/create-topology.ts";
import type { Deps } from "../commands/deps.ts";
import { findOrThrow } from "../commands/find-or-throw.ts";
import { listLiveFleet } from "../commands/list-live-fleet.ts";
import { deleteTopology, renameTopology, saveLayout, saveTopology } from "../commands/save-topology.ts";
import { findTopology, findTopologyVersion, listTopologies, type StoredTopology } from "../store/topologies.ts";
import { checkTopology } from "../topology/check-topology.ts";
import { TEMPLATES } from "../topology/templates.ts";
import { FILE_MAX_CHARACTERS, writeTopologyFile } from "../commands/topology-file.ts";
import { byId, done } from "./schemas/operation-schemas.ts";
import { topology, topologyDocument, topologyLayout, topologyRow } from "./schemas/topology-schemas.ts";
import { procedure, router } from "./trpc.ts";

export const topologies = router({
  list: procedure
    .meta({ openapi: { method: "GET", path: "/topologies", tags: ["topologies"], summary: "List topologies" } })
    .input(z.object({}).default({}))
    .output(z.array(topologyRow))
    .query(async ({ ctx }) =>
      (await listTopologies(ctx.deps.db)).map(({ id, name, revision, document, followsFleet, updatedAt }) => ({ id, name, revision, nodeCount: document.nodes.length, linkCount: document.links.length, followsFleet, updatedAt })),
    ),
  get: procedure
    .meta({ openapi: { method: "GET", path: "/topologies/{id}", tags: ["topologies"], summary: "A drawing with the live fleet in it and what is wrong with it" } })
    .input(byId)
    .output(topology)
    .query(async ({ ctx, input }) => withLive(ctx.deps, await findOrThrow(findTopology(ctx.deps.db, input.id), "topology", input.id))),
  drawing: procedure
    .meta({ openapi: { method: "GET", path: "/topologies/{id}/drawing", tags: ["topologies"], summary: "The drawing alone, cheap enough to follow others' moves" } })
    .input(byId)
    .output(z.object({ revision: z.number(), document: topologyDocument, layout: topologyLayout }))
    .query(async ({ ctx, input }) => {
      const { revision, document, layout } = await findOrThrow(findTopology(ctx.deps.db, input.id), "topology", input.id);
      return { revision, document, layout };
    }),
  version: procedure
    .meta({ openapi: { method: "GET", path: "/topologies/{id}/version", tags: ["topologies"], summary: "Changes whenever the drawing or a place in it does" } })
    .input(byId)
    .output(z.object({ version: z.string() }))
    .query(async ({ ctx, input }) => ({ version: await findOrThrow(findTopologyVersion(ctx.deps.db, input.id), "topology", input.id) })),
  templates: procedure
    .meta({ openapi: { method: "GET", path: "/topology-templates", tags: ["topologies"], summary: "Drawings to begin from; every figure in them is an assumption" } })
    .input(z.object({}).default({}))
    .output(z.array(z.object({ id: z.string(), name: z.string(), description: z.string(), document: topologyDocument, layout: topologyLayout })))
    .query(() => [...TEMPLATES]),
  file: procedure
    .meta({ openapi: { method: "GET", path: "/topologies/{id}/file", tags: ["topologies"], summary: "The drawing as a file that reads well in git" } })
    .input(byId)
    .output(z.object({ fileName: z.string(), text: z.string() }))
    .query(async ({ ctx, input }) => {
      const found = await findOrThrow(findTopology(ctx.deps.db, input.id), "topology", input.id);
      return { fileName: `${found.name.replace(/[^\p{L}\p{N}._-]+/gu, "-") || "topology"}.yaml`, text: writeTopologyFile(found) };
    }),
  importFile: procedure
    .meta({ openapi: { method: "POST", path: "/topology-files", tags: ["topologies"], summary: "Make a topology from its file; mistakes are named by line and path" } })
    .input(z.object({ text: z.string().max(FILE_MAX_CHARACTERS), name: z.string().optional() }))
    .output(topology)
    .mutation(async ({ ctx, input }) => withLive(ctx.deps, await importTopology(ctx.deps, { text: input.text, ...(input.name === undefined ? {} : { name: input.name }) }, ctx.actor))),
  create: procedure
    .meta({ openapi: { method: "POST", path: "/topologies", tags: ["topologies"], summary: "Draw a new topology" } })
    .input(z.object({ name: z.string(), document: topologyDocument.optional(), layout: topologyLayout.optional(), followsFleet: z.boolean().optional(), templateId: z.string().optional().meta({ description: "Begin from a template instead of an empty drawing." }) }))
    .output(topology)
    .mutation(async ({ ctx, input }) => withLive(ctx.deps, await createTopology(ctx.deps, input, ctx.actor))),
  save: procedure
    .meta({ openapi: { method: "PUT", path: "/topologies/{id}", tags: ["topologies"], summary: "Save the drawing; 409 with the current one when baseRevision is old" } })
    .input(byId.extend({ baseRevision: z.number().int().min(1), document: topologyDocument }))
    .output(topology)
    .mutation(async ({ ctx, input }) => withLive(ctx.deps, await saveTopology(ctx.deps, input, ctx.actor))),
  saveLayout: procedure
    .meta({ openapi: { method: "PUT", path: "/topologies/{id}/layout", tags: ["topologies"], summary: "Merge canvas positions" } })
    .input(byId.extend({ layout: topologyLayout }))
    .output(topology)
    .mutation(async ({ ctx, input }) => withLive(ctx.deps, await saveLayout(ctx.deps, input))),
  rename: procedure
    .meta({ openapi: { method: "PATCH", path: "/topologies/{id}", tags: ["topologies"], summary: "Rename a topology" } })
    .input(byId.extend({ name: z.string() }))
    .output(topology)
    .mutation(async ({ ctx, input }) => withLive(ctx.deps, await renameTopology(ctx.deps, input, ctx.actor))),
  delete: procedure
    .meta({ openapi: { method: "DELETE", path: "/topologies/{id}", tags: ["topologies"], summary: "Delete a topology that no deployment runs on" } })
    .input(byId)
    .output(done)
    .mutation(async ({ ctx, input }) => {
      await deleteTopology(ctx.deps, input.id, ctx.actor);
      return { ok: true as const };
    }),
});

async function withLive(deps: Deps, stored: StoredTopology): Promise<z.input<typeof topology>> {
  const fleet = await listLiveFleet(deps);
  const { createdAt: _createdAt, ...rest } = stored;
  return { ...rest, live: fleet, issues: checkTopology(stored.document) };
}
