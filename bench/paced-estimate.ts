// Owns what a prediction says once the machine's own pace is known: computing takes so many times longer or shorter than when the model was profiled, links do not. Pure.

export type Pacable = { latencyMs: number; throughputPerSecond: number; bottleneck: { kind: string; index: number }; stages: readonly { computeMs: number }[]; hops: readonly { transferMs: number }[] };

/**
 * `pace`: how many times longer the whole model took than its profile says, separately while latency and while throughput were measured.
 * A stage that bounds the throughput takes its whole period at that pace, until a link or another stage bounds it.
 */
export function pacedEstimate(estimate: Pacable, pace: { latency: number; throughput: number }): { latencyMs: number; throughputPerSecond: number } {
  const computeMs = estimate.stages.reduce((sum, stage) => sum + stage.computeMs, 0);
  const periodMs = 1000 / estimate.throughputPerSecond;
  const isStage = estimate.bottleneck.kind === "stage";
  const stageMs = estimate.stages.map((stage, index) => (isStage && index === estimate.bottleneck.index ? periodMs : stage.computeMs) * pace.throughput);
  const linkMs = isStage ? estimate.hops.map((hop) => hop.transferMs) : [periodMs];
  return { latencyMs: estimate.latencyMs + computeMs * (pace.latency - 1), throughputPerSecond: 1000 / Math.max(...stageMs, ...linkMs) };
}
