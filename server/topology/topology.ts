// Owns what a user draws: nodes, links, zones. A drawing refers to live nodes (an agent enrolled) or to planned ones (no machine yet).
// Geometry lives apart (TopologyLayout) and never dirties a plan.

export type Trust = "trusted" | "untrusted";

export type TopologyDocument = { nodes: TopologyNode[]; links: TopologyLink[]; zones: Zone[]; /** Where requests enter and answers leave; null = the first node of a plan. */ sourceId: string | null };

export type TopologyNode = {
  /** Unique in the drawing: "tn_…". */
  id: string;
  name: string;
  zoneId: string | null;
  /** The enrolled node ("nod_…") this one stands for; null = planned. */
  nodeId: string | null;
  trust: Trust;
  /** Limit for segments. For a live node null = what its hardware reports. */
  memoryBytes: number | null;
  /** Speed relative to the reference device (1 = reference core). For a live node null = from its measured profile. */
  speed: number | null;
  pricePerHour: number | null;
  idleWatts: number | null;
  activeWatts: number | null;
  /** Carbon of its power, grams of CO₂ per kWh; absent or null = its zone's. */
  gramsPerKilowattHour?: number | null;
};

/** A directed link, or two alike when `bidirectional`. null = measured (only between live nodes). */
export type TopologyLink = {
  id: string;
  fromId: string;
  toId: string;
  bidirectional: boolean;
  /** One-way, milliseconds. */
  latencyMs: number | null;
  bandwidthBytesPerSecond: number | null;
  trust: Trust;
  /** Price of what is sent over it, money per 10⁹ bytes; absent or null = nothing. */
  pricePerGigabyte?: number | null;
};

/** `gramsPerKilowattHour`: carbon of the power there, grams of CO₂ per kWh; absent or null = not known. */
export type Zone = { id: string; name: string; gramsPerKilowattHour?: number | null };

/** Canvas positions, by topology node or zone id. Pixels at zoom 1. */
export type TopologyLayout = Record<string, { x: number; y: number; width?: number; height?: number }>;

/** What is known of live nodes and the links between them, merged into the drawing before planning. */
export type LiveNode = { nodeId: string; name: string; online: boolean; /** Not online, but what it runs runs on: others are through to it. Absent = not. */ serves?: boolean; cordoned: boolean; /** False = it waits for approval and gets no work. */ approved: boolean; cores: number; memoryBytes: number; memoryAvailableBytes: number; /** What the agent with its stages could have of it, where others hold much of the machine; absent = all of it. */ usableMemoryBytes?: number; deviceClass: string; /** What its agent gives to stages, where it was told so. */ maxMemoryBytes?: number; /** What its stages pay beside computing, learnt from requests; absent = not enough of them yet. */ handoverMs?: number; /** What deployments have of it; absent = not asked. */ held?: HeldByDeployment[] };
/** Stages of one deployment on one node: memory as its plans predict it, cores as its samples tell. */
export type HeldByDeployment = { deploymentId: string; bytes: number; busyCores: number };
export type LiveLink = { fromNodeId: string; toNodeId: string; rttMs: number; rttSdMs: number; bandwidthBytesPerSecond: number | null; measuredAt: string; /** Absent = nothing but the last probe is known. */ spread?: LinkSpread };
/** What probes and traffic told since this console started. */
export type LinkSpread = {
  bandwidthSamples?: number; bandwidthMeanBytesPerSecond?: number; bandwidthSdBytesPerSecond?: number; /** ISO time of the last one. */ bandwidthAt?: string;
  /** Fastest recent frame of a request, from its first byte to its last. */
  trafficBytesPerSecond?: number; trafficSamples?: number; trafficAt?: string;
};
