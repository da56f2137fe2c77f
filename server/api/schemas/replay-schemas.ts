// Owns the API's description of the past of a deployment: a track over a span of time, and one moment of it whole.
import { z } from "zod";
import { MIGRATION_STATES } from "../../policy/snapshot.ts";
import { adaptDecision } from "./adapt-schemas.ts";
import { deploymentMetricRow } from "./deployment-schemas.ts";
import { topologyDocument, topologyLayout } from "./topology-schemas.ts";

export const REPLAY_MARKS = ["cutover", "turned back", "stopped", "resumed", "decision", "node lost", "node back"] as const;

export const replayTrack = z
  .object({
    from: z.iso.datetime(), to: z.iso.datetime(),
    keptSince: z.iso.datetime().meta({ description: "Older figures are gone." }),
    points: z.array(deploymentMetricRow).meta({ description: "Oldest first, evenly thinned: means, and the worst 99th percentile." }),
    marks: z.array(z.object({ at: z.iso.datetime(), kind: z.enum(REPLAY_MARKS), text: z.string(), decisionId: z.string().nullable() })).meta({ description: "What changed, oldest first." }),
  })
  .meta({ id: "ReplayTrack" });

const stageThen = z.object({ stageIndex: z.number().int(), epoch: z.number().int(), computeMs: z.number().nullable(), queueMs: z.number().nullable() });
export const replayMoment = z
  .object({
    at: z.iso.datetime(),
    windowAt: z.iso.datetime().meta({ description: "When the figures begin: at or before this moment, earlier where they are still being gathered." }),
    windowSeconds: z.number().meta({ description: "Figures are means over so long." }),
    topology: z.object({ id: z.string(), revision: z.number().int(), isKept: z.boolean().meta({ description: "False = how it looked then is not known any more: it is shown as the oldest that is." }), document: topologyDocument, layout: topologyLayout.meta({ description: "Places as they are now: geometry has no history." }) }),
    serving: z.object({ revision: z.number().int(), reason: z.string(), planId: z.string(), predictedFrom: z.enum(["measured", "estimated", "mixed"]).nullable().meta({ description: "What its predicted latency rests on; null = the plan is gone." }), ingressNodeIds: z.array(z.string()), stages: z.array(z.object({ from: z.number().int(), to: z.number().int(), nodeId: z.string(), replica: z.number().optional() })), hops: z.array(z.object({ fromTopologyNodeId: z.string(), toTopologyNodeId: z.string(), bytes: z.number() })).meta({ description: "As planned." }) }).nullable().meta({ description: "Null = nothing served." }),
    servingWhy: z.string(),
    move: z.object({ toRevision: z.number().int().nullable(), state: z.enum(MIGRATION_STATES), reason: z.string() }).nullable(),
    figures: deploymentMetricRow.nullable().meta({ description: "Null = none were kept of these seconds." }),
    thought: z
      .object({ verdict: z.string(), reason: z.string(), regret: z.number(), needed: z.number().nullable(), drifts: z.array(z.object({ kind: z.enum(["node", "link"]), name: z.string(), factor: z.number() })), isBurning: z.boolean().nullable() })
      .nullable()
      .meta({ description: "What adaptation thought at the end of these seconds: what it saw as slower than predicted (factor: times), its regret and how much it needed to act, in seconds. Null = it was not looked at, or not kept." }),
    nodes: z.record(z.string(), z.object({ cpuRatio: z.number().nullable(), memoryUsedBytes: z.number().nullable(), queueLength: z.number().nullable(), cores: z.number().nullable().meta({ description: "That its processes might use; null = not kept." }), celsius: z.number().nullable(), throttled: z.boolean().nullable(), stages: z.array(stageThen) })).meta({ description: "By node id; one that is absent did not report." }),
    links: z.record(z.string(), z.object({ rttMs: z.number(), bandwidthBytesPerSecond: z.number().nullable(), bytesPerSecond: z.number() })).meta({ description: "By “from>to”." }),
    decision: adaptDecision.nullable().meta({ description: "The last one of adaptation at or before this moment." }),
  })
  .meta({ id: "ReplayMoment" });
