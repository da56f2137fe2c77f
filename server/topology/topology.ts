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
};

export type Zone = { id: string; name: string };

/** Canvas positions, by topology node or zone id. Pixels at zoom 1. */
export type TopologyLayout = Record<string, { x: number; y: number; width?: number; height?: number }>;

/** What is known of live nodes and the links between them, merged into the drawing before planning. */
export type LiveNode = { nodeId: string; name: string; online: boolean; cordoned: boolean; /** False = it waits for approval and gets no work. */ approved: boolean; cores: number; memoryBytes: number; memoryAvailableBytes: number; deviceClass: string };
export type LiveLink = { fromNodeId: string; toNodeId: string; rttMs: number; rttSdMs: number; bandwidthBytesPerSecond: number | null; measuredAt: string };
