// Owns the API's description of placements, estimates, refusals and plans.
import { z } from "zod";
import { type Estimate, type Infeasible, type Parity, type ParityInputs, type Plan, type PlanDiff, REFUSAL_CODES, type Refusal } from "../../planner/plan.ts";
import { sampleTensor } from "./tensor-schemas.ts";

const kind = z.enum(["estimated", "measured"]);

export const placement = z
  .array(z.object({ from: z.number().int().min(0), to: z.number().int().min(0), topologyNodeId: z.string() }))
  .max(1000)
  .meta({ id: "Placement", description: "Stage k runs layers [from, to) on a node of the drawing." });

export const estimate: z.ZodType<Estimate, Estimate> = z
  .object({
    estimatorVersion: z.number(),
    kind: z.enum(["estimated", "measured", "mixed"]),
    latencyMs: z.number(),
    bottleneckMs: z.number(),
    throughputPerSecond: z.number(),
    bottleneck: z.object({ kind: z.enum(["stage", "link"]), index: z.number() }),
    stages: z.array(z.object({ from: z.number(), to: z.number(), topologyNodeId: z.string(), computeMs: z.number(), handoverMs: z.number().optional(), kind, weightBytes: z.number(), memoryBytes: z.number() })),
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

export const objective = z.enum(["latency", "throughput"]);
export const origin: z.ZodType<Plan["origin"], Plan["origin"]> = z.union([
  z.object({ by: z.literal("operator") }),
  z.object({ by: z.literal("solver"), solver: z.string().max(100), objective, lowerBound: z.number().nullable(), gap: z.number().nullable(), proved: z.boolean() }),
]);

const plan: z.ZodType<Plan, Plan> = z
  .object({ modelDigest: z.string(), inputsHash: z.string(), placement, estimate, origin, explanation: z.array(z.string()) })
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
    stages: z.array(z.object({ change: z.enum(["keep", "move", "recut", "add", "remove"]), from: z.number(), to: z.number(), fromTopologyNodeId: z.string().nullable(), toTopologyNodeId: z.string().nullable(), shipBytes: z.number() })),
    moves: z.array(z.object({ fromTopologyNodeId: z.string(), toTopologyNodeId: z.string(), ranges: z.array(z.object({ from: z.number(), to: z.number() })), shipBytes: z.number() })),
    shipBytes: z.number(),
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
