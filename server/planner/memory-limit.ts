// Owns how much memory stages may take of a node. Pure.

/** What the agent itself has on a node before any stage: its own process and the ingress's (measured 90 MB each). */
const AGENT_BYTES = 180_000_000;
/** Of what a machine has for stages: what they held was never more than 1.6 % above its prediction (docs/PLANNING.md), and no accepted plan may run out of memory. */
export const PREDICTED_SHARE = 0.98;

/** What is drawn, but never more than the agent itself would let in (`cappedBytes`, its --max-memory), nor than others leave of the machine (`usableBytes`, the agent counted in); else what the machine has beside the agent. Bytes; null in = not known, null out = no limit known. */
export function memoryLimit({ drawnBytes, machineBytes, cappedBytes, usableBytes }: { drawnBytes: number | null; machineBytes: number | null; cappedBytes: number | null; usableBytes: number | null }): number | null {
  const forStages = (bytes: number | null) => (bytes === null ? Number.POSITIVE_INFINITY : Math.max(0, bytes - AGENT_BYTES) * PREDICTED_SHARE);
  const limitBytes = Math.min(drawnBytes ?? forStages(machineBytes), cappedBytes ?? Number.POSITIVE_INFINITY, forStages(usableBytes));
  return Number.isFinite(limitBytes) ? limitBytes : null;
}
