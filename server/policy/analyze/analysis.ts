// Owns what an analysis is asked, what it measures and what it finds. Types and named limits only.

/** Plan and threads are what a rig runs; batch is how its ingress joins requests; concurrency is what clients do. */
export type Configuration = { planId: string; /** Of each stage; null = as the plan says. */ threads: number | null; /** 1 = each request alone. */ maxBatch: number; /** Requests under way at once. */ concurrency: number };
/** A plan to try: what the deployment runs, the planner's best by an objective, or one that is kept. */
export type PlanWish = { kind: "current" } | { kind: "best"; objective: "latency" | "throughput" } | { kind: "plan"; planId: string };
/** What a chosen configuration must keep to. Memory: of all its stages' processes together. */
export type Constraints = { maxLatencyMsP99?: number; maxMemoryBytes?: number; minPerSecond?: number };
export type AnalysisObjective = "throughput" | "latency";
export type AnalysisRequest = {
  plans: PlanWish[];
  threads: (number | null)[];
  maxBatch: number[];
  concurrency: number[];
  /** How long a request waits for others, where batch is above 1. */
  batchDelayMs: number;
  constraints: Constraints;
  objective: AnalysisObjective;
  /** Sweep: all of them. Quick: neighbours of the best so far, until none of them is better. */
  search: "sweep" | "quick";
  /** At most so many are measured, the re-measured not counted. */
  maxConfigurations: number;
  windowMs: number;
  maxWindows: number;
};

/** A plan in a mode: one rig each. */
export type Variant = { /** Of the plan in this mode; null = none could be made. */ planId: string | null; planRevision: number | null; wish: PlanWish; threads: number | null; /** "plan 3 as it runs, 2 threads". */ label: string; nodeIds: string[]; /** Why there is none, in a sentence; null = it can be tried. */ refused: string | null };
export type Figures = {
  perSecond: number; /** Half a confidence interval of 95 % across the three windows. */ plusMinus: number;
  latencyMsP50: number; latencyMsP90: number; latencyMsP99: number;
  sampleCount: number;
  /** Of all stages' processes; null = an agent does not tell it. */
  memoryBytes: number | null;
  /** The load generator itself was late: the true figures are no worse. */
  isHarnessLate: boolean;
};
export type Measured = { configuration: Configuration; /** null = no figure, and why. */ figures: Figures | null; why: string | null; measuredAt: string; /** Requests per second that other deployments answered on the same nodes meanwhile. */ othersPerSecond: number };
/** A second measurement on a fresh rig. */
export type Again = { configuration: Configuration; figures: Figures | null; why: string | null; keeps: boolean };
export type AnalysisOutcome = { /** null = none, and why. */ chosen: Configuration | null; why: string | null; /** In the order they were tried; the last one is the chosen one's. */ again: Again[] };

export const MAX_VARIANTS = 24;
/** A day and more of measuring, and a row that is still read at once. */
export const MAX_CONFIGURATIONS = 500;
/** Of the best ones, as long as what is measured again does not keep to what was asked. */
export const MAX_MEASURED_AGAIN = 3;

export function keyOf({ planId, threads, maxBatch, concurrency }: Configuration): string {
  return `${planId} ${threads ?? "plan"} ${maxBatch} ${concurrency}`;
}
