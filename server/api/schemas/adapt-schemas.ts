// Owns the API's description of adaptation: what nodes and links can do now, what the controller thinks, what it decided.
import { z } from "zod";
import { movedShape } from "./deployment-schemas.ts";
import { ADAPT_MODES, MAX_PAUSE_SECONDS, MAX_PROTECTED_WINDOWS, REPAIR_LOSSES } from "../../policy/adapt/adapt-settings.ts";
import { DECISION_OUTCOMES } from "../../store/adapt-decisions.ts";
import { placement } from "./plan-schemas.ts";

const figure = z.object({ last: z.number(), mean: z.number(), sd: z.number(), samples: z.number().int(), ageMs: z.number() }).meta({ id: "TrackedFigure", description: "Recent samples count more." });
export const capacity = z
  .object({
    nodes: z.array(z.object({
      nodeId: z.string(),
      cores: figure.nullable().meta({ description: "Cores its processes may use now." }),
      busyShare: figure.nullable().meta({ description: "Of its cores, 0–1." }),
      idleSlowdown: z.number().nullable().meta({ description: "How many times slower than usual a fixed small computation is; only of a node that serves nothing." }),
      memoryAvailableBytes: figure.nullable().meta({ description: "What its agent may still use, a limit of its cgroup counted in; null = its agent has not told." }),
      memoryUsableBytes: z.number().nullable().meta({ description: "What plans count with: what the agent with its stages could have beside what others lastingly hold. Moves only when that changes by a tenth of the machine for ten seconds." }),
      thermal: z.object({
        celsius: figure.nullable(), sensor: z.string().nullable().meta({ description: "Whose temperature it is: the hottest sensor of the processor." }),
        clockRatio: figure.nullable().meta({ description: "Clock as a share of the processor's highest; low also where there is nothing to do." }), clockLimitRatio: z.number().nullable().meta({ description: "Clock that it is allowed, as a share of its highest." }),
        throttled: z.boolean().nullable().meta({ description: "Slowed by heat, as its machine says." }), ageMs: z.number(),
      }).nullable().meta({ description: "Null = its agent has not told; what is null in it cannot be read on that machine." }),
      lossReadable: z.boolean().nullable().meta({ description: "Whether its machine tells what its connections lose; null = its agent has not told." }),
      stages: z.array(z.object({ deploymentId: z.string(), epoch: z.number().int(), stageIndex: z.number().int(), computeMs: figure })),
    })),
    links: z.array(z.object({
      fromNodeId: z.string(), toNodeId: z.string(),
      probed: z.object({ roundTripMs: figure, bytesPerSecond: figure.nullable() }).nullable().meta({ description: "By probe frames; the figures beside it are of real traffic and come first. Null = not reached by a probe yet." }),
      hopMs: figure.nullable().meta({ description: "Half a round trip and first to last byte, of frames of real requests; null = none lately." }),
      roundTripMs: figure.nullable(), bytesPerSecond: figure.nullable().meta({ description: "Of frames of 64 kB and more." }),
      lossRatio: figure.nullable().meta({ description: "Share of segments that the sender's system had to send again on its data connections, 0–1; null = not readable there, or too little was sent." }),
    })),
  })
  .meta({ id: "Capacity" });

const settingsShape = {
  mode: z.enum(ADAPT_MODES).meta({ description: "observe: measures and records. suggest: a person accepts. automatic: moves by itself, within the limits below." }),
  coolDownSeconds: z.number().int().min(0).max(86_400).meta({ description: "Between two moves; repairLosses says whether also before what is lost is repaired." }),
  movesPerHour: z.number().int().min(0).max(3_600),
  protectedWindows: z.array(z.object({ fromMinute: z.number().int().min(0).max(1440), toMinute: z.number().int().min(0).max(1440) })).max(MAX_PROTECTED_WINDOWS).meta({ description: "Each day, minutes after midnight UTC: nothing is moved automatically then, except by repairLosses." }),
  pauseSeconds: z.number().int().min(0).max(MAX_PAUSE_SECONDS).meta({ description: "At most so long may a move, by hand too, keep it from serving, where its nodes can hold neither both revisions nor any step between. 0 = never." }),
  repairLosses: z.enum(REPAIR_LOSSES).meta({ description: "What a lost node or a cut link takes down serves nobody. always (the default): it is moved at once, whatever cool-down, moves per hour and protected windows say. within-limits: they hold for it too, and it stays down until they allow a move." }),
};
export const adaptSettings = z.object(settingsShape).meta({ id: "AdaptSettings" });
export const adaptChange = { mode: settingsShape.mode.optional(), coolDownSeconds: settingsShape.coolDownSeconds.optional(), movesPerHour: settingsShape.movesPerHour.optional(), protectedWindows: settingsShape.protectedWindows.optional(), repairLosses: settingsShape.repairLosses.optional(), pauseSeconds: settingsShape.pauseSeconds.optional() };

const parts = z.object({
  fetchSeconds: z.number().meta({ description: "The three of the node that takes longest: bytes it lacks, each from the nearest node that holds it, else from the console, over today's links." }),
  loadSeconds: z.number(), warmSeconds: z.number(), otherSeconds: z.number().meta({ description: "What moves took beside, as this deployment's moves told; of one with a pause, what that takes." }),
  loading: z.enum(["measured", "estimated"]).meta({ description: "measured: loading and first run as they were seen on that node." }),
  from: z.array(z.object({ name: z.string().nullable().meta({ description: "Null = the console." }), bytes: z.number() })).optional().meta({ description: "Who gives the bytes; absent = it is not known who holds what, and each node's best line is taken for all." }),
});
const alternative = z.object({ kind: z.enum(["tune", "remap", "resplit", "return", "add", "drop", "shed", "admit", "batch"]).meta({ description: "batch: more or fewer requests run together. shed: fewer requests are let in, those of a priority first, and the others get 429. admit: all are let in again." }), replica: z.number().int().optional().meta({ description: "Which of several replicas it moves, adds or drops, from 1." }), admitPerSecond: z.number().nullable().optional().meta({ description: "Requests a second that are let in from then on, where it sheds; null = all again." }), batch: z.object({ maxSize: z.number().int(), maxDelayMs: z.number() }).optional().meta({ description: "What of the deployment's batching is in force from then on; maxSize 1 = each request runs alone." }), carriesPerSecond: z.number().optional().meta({ description: "What all replicas carry afterwards, with room to spare; where their number changes." }), placement, cost: z.number(), bound: z.number().nullable(), gap: z.number().nullable(), gain: z.number(), bytes: z.number(), seconds: z.number(), parts: parts.optional().meta({ description: "What the seconds are the sum of; absent where nothing moves, and in records of before it was kept." }), refused: z.string().nullable() });
export const adaptDecision = z
  .object({
    id: z.string(), at: z.iso.datetime(), mode: z.enum(ADAPT_MODES), verdict: z.string(), outcome: z.enum(DECISION_OUTCOMES), reason: z.string(),
    trigger: z.array(z.object({ key: z.string(), kind: z.enum(["node", "link", "demand", "loss", "burn"]), name: z.string(), factor: z.number().meta({ description: "Of a node or link: times slower than when healthy. Of a demand: times what is carried with room to spare. Of a lost node, or of a link that is cut: 1. Of a burn: times as fast as the SLO's error budget lasts." }), sinceMs: z.number() })),
    snapshotDigest: z.string(),
    alternatives: z.array(alternative), chosen: z.number().int().nullable(),
    costNow: z.number().nullable(), predictedGain: z.number().nullable().meta({ description: "Share of the cost, by the cost model in today's fleet; of a batch: of the time per item, where it was measured before." }), realisedGain: z.number().nullable().meta({ description: "Share of the pipeline's median time (latency without what a model's processor takes, as predicted), measured before and after; null until a while after cutover. Of a batch: of the time per item at the slowest part." }),
    needed: z.number().nullable(), regret: z.number().nullable(),
    move: movedShape.nullable().meta({ description: "Of the migration that was made of it." }),
    planId: z.string().nullable(), migrationId: z.string().nullable(), operationId: z.string().nullable(), decidedBy: z.string(),
  })
  .meta({ id: "AdaptDecision" });

export const decisionCheck = z
  .object({
    digest: z.string(), isIntact: z.boolean().meta({ description: "What is kept has the digest that was recorded with the decision." }),
    verdict: z.string().meta({ description: "Decided again, from what is kept." }), reason: z.string(), difference: z.string().nullable().meta({ description: "Null = the same as recorded." }),
    snapshot: z.record(z.string(), z.unknown()).meta({ description: "`seen` (fleet, model, measurements), `before` (what was learnt), `settings`; maps are lists of pairs." }),
  })
  .meta({ id: "DecisionCheck" });

export const adaptation = z
  .object({
    settings: adaptSettings,
    verdict: z.string().nullable().meta({ description: "Null until it was looked at." }),
    reason: z.string(),
    drifts: z.array(z.object({ kind: z.enum(["node", "link"]), name: z.string(), factor: z.number(), sinceMs: z.number() })),
    regret: z.number(), needed: z.number().nullable(), expectedDwellMs: z.number().nullable(),
    signals: z.array(z.object({ kind: z.enum(["node", "link"]), name: z.string(), slowdown: z.number(), spread: z.number(), samples: z.number().int(), ageMs: z.number() })).meta({ description: "Times slower than the profile and the drawing say, per node and link of its way." }),
    burn: z.object({
      latencyMs: z.number(), budget: z.number().meta({ description: "Share of answered requests that may be slower than latencyMs." }), isBurning: z.boolean(),
      windows: z.array(z.object({ name: z.enum(["fast", "slow"]), longSeconds: z.number(), shortSeconds: z.number(), longRate: z.number().nullable(), shortRate: z.number().nullable(), threshold: z.number(), isBurning: z.boolean() })).meta({ description: "Times as fast as the budget lasts, estimated from medians and 99th percentiles of seconds; null = too few requests. Burning: both windows are beyond the threshold." }),
    }).nullable().meta({ id: "SloBurn", description: "How fast the SLO's error budget is used up, by multi-window burn rates (Site Reliability Workbook, chapter 5); null = the plan was asked for none, or it was not looked at." }),
    admitPerSecond: z.number().nullable().meta({ description: "So many requests a second are let in at all entries together, because more come than anything carries; null = all. Ends by itself when far fewer come." }),
    batchNow: z.object({ maxSize: z.number().int(), maxDelayMs: z.number() }).nullable().meta({ description: "What of the deployment's batching is in force, where it is left to adaptation (whenNeeded); null = each request runs alone, or it is not left to it." }),
    suggestion: adaptDecision.nullable(),
    decisions: z.array(adaptDecision),
  })
  .meta({ id: "Adaptation" });
