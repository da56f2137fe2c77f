// Owns what a stage counts since its process started, as Prometheus is told it. Kept beside the figures of the last second: rates are the reader's to make.
import { type Family, histogramRows } from "../exposition.ts";
import { LatencyHistogram } from "../ingress/latency-histogram.ts";

export class StageMetrics {
  readonly #queue = new LatencyHistogram();
  readonly #compute = new LatencyHistogram();
  readonly #hop = new LatencyHistogram();
  #done = 0;
  #failed = 0;
  #receivedBytes = 0;
  #sentBytes = 0;

  /** `hopMs`: first byte sent to last byte received, as far as round trips tell it; null = not known yet. */
  done({ queueMs, computeMs, hopMs, receivedBytes, sentBytes }: { queueMs: number; computeMs: number; hopMs: number | null; receivedBytes: number; sentBytes: number }): void {
    this.#done++;
    this.#queue.observe(queueMs / 1000);
    this.#compute.observe(computeMs / 1000);
    if (hopMs !== null) this.#hop.observe(hopMs / 1000);
    this.#receivedBytes += receivedBytes;
    this.#sentBytes += sentBytes;
  }

  failed(): void {
    this.#failed++;
  }

  families({ assignmentId, deploymentId }: { assignmentId: string; deploymentId: string }, queueLength: number, streams: { size: number; bytes: number; maxBytes: number }): Family[] {
    const labels = { assignment: assignmentId, deployment: deploymentId };
    return [
      { name: "cutplane_stage_frames_total", type: "counter", help: "Frames by outcome.", rows: [[{ ...labels, outcome: "done" }, this.#done], [{ ...labels, outcome: "failed" }, this.#failed]] },
      { name: "cutplane_stage_queue_length", type: "gauge", help: "Frames waiting.", rows: [[labels, queueLength]] },
      { name: "cutplane_stage_streams", type: "gauge", help: "Streams whose state is here, once for each lane that has it.", rows: [[labels, streams.size]] },
      { name: "cutplane_stage_state_bytes", type: "gauge", help: "State of streams here.", rows: [[labels, streams.bytes]] },
      { name: "cutplane_stage_state_limit_bytes", type: "gauge", help: "What it may come to.", rows: [[labels, streams.maxBytes]] },
      { name: "cutplane_stage_queue_seconds", type: "histogram", help: "Waiting in the stage.", rows: histogramRows(labels, this.#queue) },
      { name: "cutplane_stage_compute_seconds", type: "histogram", help: "Running the segment.", rows: histogramRows(labels, this.#compute) },
      { name: "cutplane_stage_hop_seconds", type: "histogram", help: "On the way here, from the first byte sent to the last received.", rows: histogramRows(labels, this.#hop) },
      { name: "cutplane_stage_received_bytes_total", type: "counter", help: "Tensors' bytes that came.", rows: [[labels, this.#receivedBytes]] },
      { name: "cutplane_stage_sent_bytes_total", type: "counter", help: "Tensors' bytes passed on.", rows: [[labels, this.#sentBytes]] },
    ];
  }
}
