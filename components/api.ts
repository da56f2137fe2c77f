// Owns the way to the API: the client, the query options proxy and the shapes its answers have. The only doorway to the router's type.
import { QueryClient } from "@tanstack/react-query";
import { createTRPCClient, httpBatchLink, httpLink, splitLink, TRPCClientError } from "@trpc/client";
import type { inferRouterOutputs } from "@trpc/server";
import { createTRPCOptionsProxy } from "@trpc/tanstack-react-query";
import { isEarly } from "./early-read.ts";
import { nextStep } from "./next-step.ts";
import type { AppRouter } from "../server/api/router.ts";

/** Answers of the live feed keep queries fresh, so they are refetched only on events, on focus and when older than this. */
const STALE_MS = 15_000;
const RETRIES_MAX = 2;
/** Longer batches would make one slow answer hold back the others. */
const BATCH_MAX = 8;

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: { staleTime: STALE_MS, retry: (count, error) => count < RETRIES_MAX && !isRefusal(error) },
    mutations: { retry: false },
  },
});
export const client = createTRPCClient<AppRouter>({
  links: [splitLink({ condition: ({ type, path }) => type === "query" && isEarly(path), true: httpLink({ url: "/trpc" }), false: httpBatchLink({ url: "/trpc", maxItems: BATCH_MAX }) })],
});
export const api = createTRPCOptionsProxy<AppRouter>({ client, queryClient });

type Outputs = inferRouterOutputs<AppRouter>;
export type ModelRow = Outputs["models"]["list"][number];
export type ModelFull = Outputs["models"]["get"];
export type ProfileRow = Outputs["models"]["profiles"][number];
export type TopologyRow = Outputs["topologies"]["list"][number];
export type TopologyFull = Outputs["topologies"]["get"];
export type NodeRow = Outputs["nodes"]["list"][number];
export type NodeFull = Outputs["nodes"]["get"];
export type Capacity = Outputs["nodes"]["capacity"];
export type TrackedFigure = Capacity["nodes"][number]["stages"][number]["computeMs"];
export type PlanRow = Outputs["plans"]["get"];
export type FoundPlan = Exclude<Outputs["plans"]["solve"], { infeasible: true }>;
export type ComparedPlan = Outputs["plans"]["compare"][number];
export type ParetoPoint = Outputs["plans"]["pareto"][number];
export type DeploymentRow = Outputs["deployments"]["list"][number];
export type DeploymentFull = Outputs["deployments"]["get"];
export type Adaptation = Outputs["deployments"]["adaptation"];
export type AdaptDecision = Adaptation["decisions"][number];
export type ReplayMoment = Outputs["deployments"]["moment"];
export type ReplayTrackData = Outputs["deployments"]["replay"];
export type RecentRequest = Outputs["deployments"]["requests"][number];
export type ServingSettings = Outputs["deployments"]["serving"];
export type KeyRow = Outputs["keys"]["list"][number];
export type LoadRunRow = Outputs["loadRuns"]["list"][number];
export type Analysis = Outputs["analyses"]["get"];
export type DrainPreview = Outputs["nodes"]["previewDrain"];
export type LogPage = Outputs["nodes"]["logs"];
export type MigrationRow = NonNullable<DeploymentRow["migration"]>;
export type Operation = Outputs["operations"]["get"];
export type OperationRow = Outputs["operations"]["list"][number];

/** What went wrong, why, and what to do. */
export type ProblemText = { code: string; message: string; fix: string | null };

/** A request outside tRPC (raw bytes) that the server refused or never answered. */
export class RequestRefused extends Error {
  readonly problem: ProblemText;
  constructor(problem: ProblemText) {
    super(problem.message);
    this.name = "RequestRefused";
    this.problem = problem;
  }
}

/** Any thrown value → what the user reads. */
export function problemOf(error: unknown): ProblemText {
  if (error instanceof TRPCClientError || error instanceof RequestRefused) {
    const own = error instanceof RequestRefused ? error.problem : (error.data as { cutplane?: ProblemText } | null)?.cutplane;
    // This console demands a credential and the browser has none, or it was revoked.
    if (own?.code === "unauthorized" && typeof location !== "undefined" && location.pathname !== "/login") location.assign(`/login?next=${encodeURIComponent(`${location.pathname}${location.search}`)}`);
    if (own) return { code: own.code, message: own.message, fix: own.fix ?? nextStep(own.code) };
    if (error instanceof TRPCClientError && !error.data) return { code: "unreachable", message: "The console's server did not answer.", fix: "Check that it is running, then try again; this page also goes on by itself. Requests to deployments do not pass it and go on." };
  }
  return { code: "internal", message: error instanceof Error ? error.message : String(error), fix: nextStep("internal") };
}

/** Refusals say the same thing however often they are asked. */
function isRefusal(error: unknown): boolean {
  return !["unreachable", "unavailable", "internal"].includes(problemOf(error).code);
}
