/** Latencies of one time: `latencyMsP50` as clients wait, `pipelineMsP50` without what a model's processor takes, which is what a prediction is of. */
export type LatencyFigures = { latencyMsP50: number | null; pipelineMsP50: number | null };

/** Whether a processor took part: only then are the two shown apart. */
export function isProcessed({ latencyMsP50, pipelineMsP50 }: LatencyFigures): boolean {
  return pipelineMsP50 !== null && pipelineMsP50 !== latencyMsP50;
}
