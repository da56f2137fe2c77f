// Owns the list of routers: every procedure is at /trpc and, by its meta, at /api/v1.
import { deployments } from "./deployments.ts";
import { analyses } from "./analyses.ts";
import { keys } from "./keys.ts";
import { loadRuns } from "./load-runs.ts";
import { models } from "./models.ts";
import { nodes } from "./nodes.ts";
import { events, operations } from "./operations.ts";
import { plans } from "./plans.ts";
import { credentials, system } from "./system.ts";
import { topologies } from "./topologies.ts";
import { router } from "./trpc.ts";

export const appRouter = router({ system, models, topologies, nodes, plans, deployments, keys, loadRuns, analyses, events, operations, credentials });
export type AppRouter = typeof appRouter;
