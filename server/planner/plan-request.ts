// Owns what is asked of the planner: what to minimise, and what a plan must keep to. JSON-serialisable; kept with the plan it led to.
import type { LayerRange } from "../model/model.ts";

export const PLAN_OBJECTIVES = ["latency", "throughput", "energy", "money", "carbon", "mix"] as const;
export type PlanObjective = (typeof PLAN_OBJECTIVES)[number];

/** Cost units per millisecond of latency, joule, unit of money and gram of CO₂ of one request. */
export type MixWeights = { latencyMs: number; joules: number; money: number; grams: number };

/** What every placement of it must keep to, whoever makes it: canvas, checks and solvers read the same. All optional: absent = free. */
export type PlacementRules = {
  /** These layers run on this node of the drawing. */
  pins?: Pin[];
  /** Nodes of the drawing that get no layer. */
  avoidNodeIds?: string[];
  /** Only nodes of these zones get layers. */
  zoneIds?: string[];
  /** Layers that may not meet on one node or in one zone. */
  apart?: ApartRule[];
  /** Model inputs that only trusted nodes and links may see, with everything made from them; absent = all. */
  sensitiveInputs?: string[];
};
export type Pin = LayerRange & { topologyNodeId: string };
export type ApartRule = { first: LayerRange; second: LayerRange; within: "node" | "zone" };

export type PlanRequest = PlacementRules & {
  objective: PlanObjective;
  /** Only for "mix". */
  weights?: MixWeights;
  minStages?: number;
  maxStages?: number;
  /** A node may serve several stages, each in a process of its own. */
  severalPerNode?: boolean;
  /** Every stage runs in the default mode (one thread); without it a plan chooses among the modes of each node. */
  defaultModeOnly?: boolean;
  /** Whole pipelines beside each other, each request in one of them: so many, or as few as carry the demand; 2 to MAX_REPLICAS. Absent = one. */
  replicas?: number | "as-needed";
  /** Requests per second that come at random and that it must carry, with room to spare. */
  demandPerSecond?: number;
  /** This share of the requests answered within so long, waiting at that demand included, e.g. { quantile: 0.99, latencyMs: 80 }; LEAST_QUANTILE to MOST_QUANTILE. */
  slo?: { quantile: number; latencyMs: number };
  /** Only nodes that could run it now. */
  forDeploy?: boolean;
  /** Bringing weights to a node that has not got them counts, spread over so long a service. Only where something runs already. */
  movingHorizonSeconds?: number;
  /** Every node must hold the running stages and the new ones together, as it does while moving. */
  bothLoaded?: boolean;
};

/** Layers and nodes that a plan may be asked to keep to at most; more is a mistake. */
export const MAX_RULES = 512;
/** Each holds the whole model: more is a mistake. */
export const MAX_REPLICAS = 8;
/** Below half, plans whose latency varies more would count as better. */
export const LEAST_QUANTILE = 0.5;
/** Rarer than one in ten thousand is not told by a mean and a variance. */
export const MOST_QUANTILE = 0.9999;
/** A node or link this busy answers late: demands are met below it. */
export const MAX_UTILISATION = 0.7;

/** The part that judges a placement. */
export function rulesOf(request: PlacementRules): PlacementRules {
  const { pins, avoidNodeIds, zoneIds, apart, sensitiveInputs } = request;
  return { ...(pins?.length ? { pins } : {}), ...(avoidNodeIds?.length ? { avoidNodeIds } : {}), ...(zoneIds ? { zoneIds } : {}), ...(apart?.length ? { apart } : {}), ...(sensitiveInputs ? { sensitiveInputs } : {}) };
}
