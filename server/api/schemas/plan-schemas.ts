// Owns the API's description of placements, estimates, refusals and plans.
import { z } from "zod";
import { type Estimate, type FrontFigures, type Infeasible, type Parity, type ParityInputs, type Plan, type PlanDiff, REFUSAL_CODES, type Refusal, type SearchProgress, type Together, type WholeCost } from "../../planner/plan.ts";
import { LEAST_QUANTILE, MAX_REPLICAS, MAX_RULES, MOST_QUANTILE, PLAN_OBJECTIVES, type PlanRequest } from "../../planner/plan-request.ts";
import type { ExplainAnswer } from "../../commands/explain-plan.ts";
import type { ProveAnswer } from "../../commands/prove-plan.ts";
import type { WhatIfAnswer } from "../../commands/what-if-plan.ts";
import type { AssessedPlan } from "../../planner/replicas/assess-plan.ts";
import { sampleTensor, sessionOptions } from "./tensor-schemas.ts";

const kind = z.enum(["estimated", "measured"]);

export const placement = z
  .array(z.object({ from: z.number().int().min(0), to: z.number().int().min(0), topologyNodeId: z.string(), session: sessionOptions.optional().meta({ description: "The mode it runs in; absent = the deployment's own, by default one thread." }) }))
  .max(1000)
  .meta({ id: "Placement", description: "Stage k runs layers [from, to) on a node of the drawing." });

export const estimate: z.ZodType<Estimate, Estimate> = z
  .object({
    estimatorVersion: z.number(),
    kind: z.enum(["estimated", "measured", "mixed"]),
    latencyMs: z.number(),
    varianceMs2: z.number().optional().meta({ description: "Of the latency, ms²: what links were seen to vary by." }),
    bottleneckMs: z.number(),
    throughputPerSecond: z.number(),
    bottleneck: z.object({ kind: z.enum(["stage", "link"]), index: z.number() }),
    stages: z.array(z.object({ from: z.number(), to: z.number(), topologyNodeId: z.string(), session: sessionOptions.optional(), computeMs: z.number(), handoverMs: z.number().optional(), kind, weightBytes: z.number(), memoryBytes: z.number() })),
    hops: z.array(z.object({ fromTopologyNodeId: z.string(), toTopologyNodeId: z.string(), bytes: z.number(), transferMs: z.number(), latencyMs: z.number(), kind: z.enum(["estimated", "measured", "local"]) })),
    memory: z.array(z.object({ topologyNodeId: z.string(), usedBytes: z.number(), limitBytes: z.number().nullable() })),
    costs: z.object({ joules: z.number().nullable(), money: z.number().nullable(), grams: z.number().nullable() }).optional().meta({ description: "Of one request; null = a node on its way has no such figure." }),
    bestSingleNode: z.object({ topologyNodeId: z.string(), latencyMs: z.number(), throughputPerSecond: z.number() }).nullable(),
  })
  .meta({ id: "Estimate" });

export const refusal: z.ZodType<Refusal, Refusal> = z
  .object({ code: z.enum(REFUSAL_CODES), message: z.string(), fix: z.string().nullable(), topologyNodeId: z.string().optional(), stageIndex: z.number().optional(), cutIndex: z.number().optional() })
  .meta({ id: "Refusal" });
export const infeasible: z.ZodType<Infeasible, Infeasible> = z.object({ infeasible: z.literal(true), refusals: z.array(refusal) }).meta({ id: "Infeasible" });

export const objective = z.enum(PLAN_OBJECTIVES);
const range = z.object({ from: z.number().int().min(0), to: z.number().int().min(1) });
const topologyNodeId = z.string().max(100);
const drawn = z.array(topologyNodeId).max(MAX_RULES);

const rulesShape = {
  pins: z.array(range.extend({ topologyNodeId })).max(MAX_RULES).optional().meta({ description: "Layers [from, to) stay on this node." }),
  avoidNodeIds: drawn.optional().meta({ description: "Nodes of the drawing that get no layer." }),
  zoneIds: drawn.optional().meta({ description: "Only nodes of these zones get layers." }),
  apart: z.array(z.object({ first: range, second: range, within: z.enum(["node", "zone"]) })).max(MAX_RULES).optional().meta({ description: "Layers that may not meet on one node or in one zone." }),
  sensitiveInputs: z.array(z.string().max(1000)).max(MAX_RULES).optional().meta({ description: "Model inputs that only trusted nodes and links may see, with everything made from them; absent = all." }),
};
export const requestShape = {
  objective: objective.default("latency"),
  weights: z.object({ latencyMs: z.number().min(0).default(0), joules: z.number().min(0).default(0), money: z.number().min(0).default(0), grams: z.number().min(0).default(0) }).optional().meta({ description: "For the objective mix: cost per ms, joule, unit of money and gram of CO₂." }),
  ...rulesShape,
  minStages: z.number().int().min(1).max(64).optional(),
  maxStages: z.number().int().min(1).max(64).optional(),
  severalPerNode: z.boolean().optional().meta({ description: "A node may serve several stages." }),
  defaultModeOnly: z.boolean().optional().meta({ description: "Every stage runs in the default mode, one thread; without it a plan chooses among the modes of each node." }),
  replicas: z.union([z.number().int().min(1).max(MAX_REPLICAS), z.literal("as-needed")]).optional().meta({ description: "Whole pipelines beside each other, each request in one of them, apart from each other where that can be: so many, or as few as carry the demand. Absent = one." }),
  demandPerSecond: z.number().positive().optional().meta({ description: "Requests per second that come at random: nodes and links at most 70 % busy, and the objective latency is their mean with waiting, or what the SLO promises." }),
  slo: z.object({ quantile: z.number().min(LEAST_QUANTILE).max(MOST_QUANTILE), latencyMs: z.number().positive() }).optional().meta({ description: "This share of the requests is answered within so long at the demand, waiting included (one at a time without a demand). The objective latency is then that quantile." }),
  forDeploy: z.boolean().optional().meta({ description: "Only nodes that could run it now." }),
  movingHorizonSeconds: z.number().positive().optional().meta({ description: "Bringing weights to where they are not counts, spread over so long a service." }),
  bothLoaded: z.boolean().optional().meta({ description: "Every node must hold the running stages and the new ones together, as it does while moving." }),
};
export const planRequest: z.ZodType<PlanRequest, PlanRequest> = z.object({ ...requestShape, objective, weights: z.object({ latencyMs: z.number(), joules: z.number(), money: z.number(), grams: z.number() }).optional() }).meta({ id: "PlanRequest" });

export const searchProgress: z.ZodType<SearchProgress, SearchProgress> = z
  .object({ elapsedMs: z.number(), cost: z.number().nullable(), bound: z.number().nullable(), gap: z.number().nullable(), by: z.string(), placement: placement.nullable(), curve: z.array(z.object({ elapsedMs: z.number(), cost: z.number().nullable(), bound: z.number().nullable() })) })
  .meta({ id: "SearchProgress", description: "The best plan so far, what is proved, and both over time; cost in the objective's unit." });
export const frontFigures: z.ZodType<FrontFigures, FrontFigures> = z
  .object({ latencyMs: z.number(), throughputPerSecond: z.number(), joules: z.number().nullable(), money: z.number().nullable(), grams: z.number().nullable(), stageCount: z.number(), gap: z.number().nullable(), proved: z.boolean() })
  .meta({ id: "FrontFigures", description: "A plan of a front while it grows; its placement comes with the result." });
export const origin: z.ZodType<Plan["origin"], Plan["origin"]> = z.union([
  z.object({ by: z.literal("operator") }),
  z.object({ by: z.literal("solver"), solver: z.string().max(100), objective, lowerBound: z.number().nullable(), gap: z.number().nullable(), proved: z.boolean(), cost: z.number().optional(), search: z.object({ seed: z.number(), elapsedMs: z.number(), firstMs: z.number().nullable(), bestMs: z.number().nullable(), foundBy: z.string().max(200) }).optional() }),
]);

const proof = z.object({ lowerBound: z.number().nullable(), gap: z.number().nullable(), proved: z.boolean() }).optional().meta({ description: "Of its own search beside the replicas before it." });
const replica = z.object({ placement, estimate, proof }).meta({ id: "PlanReplica" });
const together: z.ZodType<Together, Together> = z
  .object({
    throughputPerSecond: z.number(), latencyMs: z.number(), worstLatencyMs: z.number(),
    costs: z.object({ joules: z.number().nullable(), money: z.number().nullable(), grams: z.number().nullable() }).optional().meta({ description: "Of one request, in the mean." }),
    kind: z.enum(["estimated", "measured", "mixed"]).optional(),
    sharedNodeIds: z.array(z.string()), fatalNodeIds: z.array(z.string()),
  })
  .meta({ id: "ReplicasTogether", description: "What all replicas do: throughput with requests shared by their rates, mean and worst latency, nodes that several use, nodes that all need." });
const whole: z.ZodType<WholeCost, WholeCost> = z.object({ cost: z.number().nullable(), bound: z.number().nullable(), gap: z.number().nullable() }).meta({ id: "WholeCost", description: "Of all replicas in the objective's unit, and what no plan with as many is proved to be below; null = not known." });
const planOf = z.enum(["plan", "replica"]).meta({ description: "What it speaks of: the whole plan, or one of the replicas that are asked for, the others not being given." });
export const further = z.array(z.object({ placement })).max(MAX_REPLICAS - 1).optional().meta({ description: "Further replicas of the plan." });
/** Further replicas as they come out. */
const furtherOut = z.array(z.object({ placement, estimate: estimate.nullable() })).optional();
const side = { of: planOf, cost: z.number().nullable(), estimate: estimate.nullable().meta({ description: "Of the first replica." }), refusals: z.array(refusal), replicas: furtherOut, together: together.optional() };
const assessed: z.ZodType<AssessedPlan, AssessedPlan> = z.object(side).meta({ id: "AssessedPlan", description: "A plan with its replicas in a request's objective." });
export const whatIf: z.ZodType<WhatIfAnswer, WhatIfAnswer> = z.object({ ...side, against: assessed.nullable(), difference: z.number().nullable() }).meta({ id: "WhatIf" });
export const explained: z.ZodType<ExplainAnswer, ExplainAnswer> = z
  .object({ of: planOf, sentences: z.array(z.string()), replicas: z.array(z.object({ sentences: z.array(z.string()) })).optional().meta({ description: "Of each replica, the others staying as they are." }) })
  .meta({ id: "ExplainedPlan" });
const proofShape = { status: z.enum(["optimal", "infeasible", "stopped", "too-large", "not-linear"]), cost: z.number().nullable(), bound: z.number().nullable(), placement: placement.nullable(), columns: z.number(), rows: z.number() };
export const proved: z.ZodType<ProveAnswer, ProveAnswer> = z
  .object({ ...proofShape, of: planOf, replicas: z.array(z.object(proofShape)).optional().meta({ description: "Of further replicas, the others staying as they are." }), whole: whole.optional() })
  .meta({ id: "ProvedPlan" });
export const planPreview = z.object({ estimate: estimate.nullable(), refusals: z.array(refusal), diff: z.lazy(() => planDiff).nullable(), together: together.optional() });

export const paretoPoint = z
  .object({ placement, estimate, origin, replicas: z.array(replica).optional(), together: together.optional(), whole: whole.optional(), under: z.object({ latencyMs: z.number().nullable(), bottleneckMs: z.number().nullable() }).meta({ description: "Limits of its own search beside what is asked; what that minimised is the origin's objective, with its bound, gap and proof." }) })
  .meta({ id: "ParetoPoint" });
export const foundPlan = z.object({ placement, estimate, origin, request: planRequest, explanation: z.array(z.string()), search: searchProgress, replicas: z.array(replica).optional(), together: together.optional(), whole: whole.optional() }).meta({ id: "FoundPlan" });
export const comparedRow = z
  .object({ key: z.string(), label: z.string(), placement: placement.nullable(), estimate: estimate.nullable(), cost: z.number().nullable(), bound: z.number().nullable(), gap: z.number().nullable(), proved: z.boolean(), elapsedMs: z.number().nullable(), refusals: z.array(refusal), replicas: furtherOut, together: together.optional() })
  .meta({ id: "ComparedPlan", description: "Cost, bound and gap are of the whole plan, the estimate of its first replica." });

const plan: z.ZodType<Plan, Plan> = z
  .object({ modelDigest: z.string(), inputsHash: z.string(), placement, estimate, replicas: z.array(replica).optional().meta({ description: "Further whole pipelines beside the placement, r2 and so on." }), together: together.optional(), origin, request: planRequest.optional(), explanation: z.array(z.string()) })
  .meta({ id: "Plan" });

const parityInputs: z.ZodType<ParityInputs, ParityInputs> = z
  .object({
    source: z.enum(["given", "bundled", "built-in", "made-up"]).meta({ description: "The model's sample (given, or bundled with it), Cutplane's own, or seeded and made up." }),
    kind: z.enum(["picture", "text", "audio", "tensors"]).nullable(),
    fileName: z.string().nullable(),
    digest: z.string().nullable(),
    tensors: z.array(sampleTensor),
    steps: z.number(),
    note: z.string().nullable().meta({ description: "Why a better source was not used." }),
  })
  .meta({ id: "ParityInputs" });

const parity: z.ZodType<Parity, Parity> = z
  .union([
    z.object({ status: z.literal("pending") }),
    z.object({ status: z.enum(["equal", "different"]), maxRelError: z.number(), tolerance: z.number(), perOutput: z.array(z.object({ name: z.string(), maxRelError: z.number() })), inputs: z.string(), madeOn: parityInputs.optional(), checkedAt: z.string() }),
    z.object({ status: z.literal("structure-only"), reason: z.string(), checkedAt: z.string() }),
    z.object({ status: z.literal("failed"), message: z.string(), checkedAt: z.string() }),
  ])
  .meta({ id: "Parity" });

export const planDiff: z.ZodType<PlanDiff, PlanDiff> = z
  .object({
    same: z.boolean(),
    stages: z.array(z.object({ change: z.enum(["keep", "move", "recut", "mode", "add", "remove"]), from: z.number(), to: z.number(), fromTopologyNodeId: z.string().nullable(), toTopologyNodeId: z.string().nullable(), shipBytes: z.number(), modes: z.object({ before: z.string(), after: z.string() }).optional().meta({ description: "Where the mode alone differs, in words." }), replica: z.number().optional().meta({ description: "Of a further replica, from 2." }) })),
    moves: z.array(z.object({ fromTopologyNodeId: z.string(), toTopologyNodeId: z.string(), ranges: z.array(z.object({ from: z.number(), to: z.number() })), shipBytes: z.number() })),
    shipBytes: z.number(),
    entryBytes: z.number().optional().meta({ description: "Of shipBytes: files of the check and of the processor that entries must fetch." }),
    memory: z.array(z.object({ topologyNodeId: z.string(), beforeBytes: z.number(), afterBytes: z.number(), peakBytes: z.number(), limitBytes: z.number().nullable() })),
    latencyMsBefore: z.number().nullable(),
    latencyMsAfter: z.number(),
  })
  .meta({ id: "PlanDiff" });

export const planRow = z
  .object({
    id: z.string(),
    hash: z.string(),
    modelId: z.string(),
    topologyId: z.string(),
    topologyRevision: z.number(),
    revision: z.number(),
    plan,
    parity,
    createdAt: z.iso.datetime(),
    createdBy: z.string(),
    deployedIn: z.array(z.object({ deploymentId: z.string(), name: z.string(), revision: z.number(), current: z.boolean() })),
  })
  .meta({ id: "PlanRow" });
