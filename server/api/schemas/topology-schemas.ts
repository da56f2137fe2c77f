// Owns the API's description of drawings, the live fleet in them and what is wrong with them.
import { z } from "zod";
import type { LiveLink, LiveNode, TopologyDocument, TopologyLayout } from "../../topology/topology.ts";

const name = z.string().max(200);
const drawingId = z.string().min(1).max(100);
const trust = z.enum(["trusted", "untrusted"]);
/** Figures are checked by the drawing's own checks, which say what to do; here only that they are numbers. */
const figure = z.number().nullable();

const topologyNode = z
  .object({
    id: drawingId,
    name,
    zoneId: drawingId.nullable().default(null),
    nodeId: z.string().nullable().default(null).meta({ description: "The enrolled node this one stands for; null = planned." }),
    trust: trust.default("trusted"),
    memoryBytes: figure.default(null),
    speed: figure.default(null).meta({ description: "Relative to the reference core; null for a live node = measured." }),
    pricePerHour: figure.default(null),
    idleWatts: figure.default(null),
    activeWatts: figure.default(null),
    gramsPerKilowattHour: figure.optional().meta({ description: "CO₂ of its power; absent = its zone's." }),
  })
  .meta({ id: "TopologyNode" });

const topologyLink = z
  .object({
    id: drawingId,
    fromId: drawingId,
    toId: drawingId,
    bidirectional: z.boolean().default(true),
    latencyMs: figure.default(null).meta({ description: "One way; null = measured between live nodes." }),
    bandwidthBytesPerSecond: figure.default(null),
    trust: trust.default("trusted"),
    pricePerGigabyte: figure.optional(),
  })
  .meta({ id: "TopologyLink" });

/** Fields left out by a script get their neutral value. */
export const topologyDocument = z
  .object({
    nodes: z.array(topologyNode).max(10_000),
    links: z.array(topologyLink).max(100_000).default([]),
    zones: z.array(z.object({ id: drawingId, name, gramsPerKilowattHour: figure.optional() })).max(1000).default([]),
    sourceId: drawingId.nullable().default(null).meta({ description: "Where requests enter; null = the first node of a plan." }),
  })
  .meta({ id: "TopologyDocument" }) satisfies z.ZodType<TopologyDocument>;

export const topologyLayout: z.ZodType<TopologyLayout, TopologyLayout> = z
  .record(drawingId, z.object({ x: z.number(), y: z.number(), width: z.number().optional(), height: z.number().optional() }))
  .meta({ id: "TopologyLayout" });

export const liveNode: z.ZodType<LiveNode> = z
  .object({ nodeId: z.string(), name: z.string(), online: z.boolean(), cordoned: z.boolean(), approved: z.boolean(), cores: z.number(), memoryBytes: z.number(), memoryAvailableBytes: z.number(), usableMemoryBytes: z.number().optional().meta({ description: "What plans count with, where others lastingly hold much of the machine." }), deviceClass: z.string(), maxMemoryBytes: z.number().optional(), handoverMs: z.number().optional(), held: z.array(z.object({ deploymentId: z.string(), bytes: z.number(), busyCores: z.number() })).optional() })
  .meta({ id: "LiveNode" });
export const liveLink: z.ZodType<LiveLink> = z
  .object({
    fromNodeId: z.string(), toNodeId: z.string(), rttMs: z.number(), rttSdMs: z.number(), bandwidthBytesPerSecond: z.number().nullable(), measuredAt: z.string(),
    spread: z
      .object({
        bandwidthSamples: z.number().optional(), bandwidthMeanBytesPerSecond: z.number().optional(), bandwidthSdBytesPerSecond: z.number().optional(), bandwidthAt: z.string().optional(),
        trafficBytesPerSecond: z.number().optional(), trafficSamples: z.number().optional(), trafficAt: z.string().optional(),
      })
      .optional()
      .meta({ description: "How often and how evenly it was measured since the console started, and the fastest recent frame of a request." }),
  })
  .meta({ id: "LiveLink" });

export const topologyIssue = z
  .object({ level: z.enum(["error", "warning"]), code: z.string(), message: z.string(), fix: z.string().nullable(), nodeId: z.string().optional(), linkId: z.string().optional() })
  .meta({ id: "TopologyIssue" });

export const topology = z
  .object({
    id: z.string(),
    name: z.string(),
    revision: z.number(),
    document: topologyDocument,
    layout: topologyLayout,
    followsFleet: z.boolean(),
    updatedAt: z.iso.datetime(),
    live: z.object({ nodes: z.array(liveNode), links: z.array(liveLink) }),
    issues: z.array(topologyIssue),
  })
  .meta({ id: "Topology" });

export const topologyRow = z
  .object({ id: z.string(), name: z.string(), revision: z.number(), nodeCount: z.number(), linkCount: z.number(), followsFleet: z.boolean(), updatedAt: z.iso.datetime() })
  .meta({ id: "TopologyRow" });
