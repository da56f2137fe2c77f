// Owns a model version's numbers since the ingress started: where its requests' time went, in the parts the protocol's statistics extension names,
// and per segment and per link. The parts of a request sum to the time it took here, so that what a client measures beyond it is its own network.
//
//   queue = waiting for a batch, for credit and in stages' queues     compute_infer = running      compute_output = the answer's hop and writing it
//   compute_input = the rest: reading the request, and the hops between segments
import type { RequestTrace } from "../protocol/control.ts";
import { BATCH_BOUNDS, BoundedHistogram, LatencyHistogram } from "./latency-histogram.ts";

/** `ms` summed over `count` occurrences. */
export type Duration = { count: number; ms: number };
const none = (): Duration => ({ count: 0, ms: 0 });
export type SegmentTimes = { stage: number; /** From 1. */ replica: number; nodeId: string; queue: LatencyHistogram; compute: LatencyHistogram };
/** `network`: first byte sent to last byte received, as far as it can be told from round trips. */
export type LinkTimes = { from: string; to: string; network: LatencyHistogram; bytes: number };
export type BatchTimes = { input: Duration; infer: Duration; output: Duration };
type Parts = { queueMs: number; inputMs: number; inferMs: number; outputMs: number };

/** Different batch sizes, segments and links told apart: what is configured is far below; what comes after is counted in the sums alone. */
const MAX_ROWS = 256;

export class ModelStatistics {
  lastInferenceMs = 0;
  inferences = 0;
  executions = 0;
  readonly success = none();
  readonly fail = none();
  readonly queue = new LatencyHistogram();
  readonly input = new LatencyHistogram();
  readonly infer = new LatencyHistogram();
  /** Its sum has the writing of answers in it, its buckets not: they are counted before. */
  readonly output = new LatencyHistogram();
  /** Items of each run. */
  readonly batchSizes = new BoundedHistogram(BATCH_BOUNDS);
  readonly batches = new Map<number, BatchTimes>();
  /** By replica and stage. */
  readonly segments = new Map<string, SegmentTimes>();
  readonly links = new Map<string, LinkTimes>();

  /** `totalMs` from the request's arrival to its outputs; `waitedMs` of it for a batch; `items` = its size along the batch dimension. */
  succeeded(trace: RequestTrace, { totalMs, waitedMs, items, nowMs }: { totalMs: number; waitedMs: number; items: number; nowMs: number }): void {
    const parts = partsOf(trace, totalMs, waitedMs);
    this.lastInferenceMs = nowMs;
    this.inferences += items;
    add(this.success, totalMs);
    this.queue.observe(parts.queueMs / 1000);
    this.input.observe(parts.inputMs / 1000);
    this.infer.observe(parts.inferMs / 1000);
    this.output.observe(parts.outputMs / 1000);
  }

  /** One run of the pipeline, of a batch of `size`: what one of its requests saw. */
  executed(trace: RequestTrace, size: number, ingressNodeId: string): void {
    this.executions++;
    this.batchSizes.observe(size);
    const { inputMs, inferMs, outputMs } = partsOf(trace, trace.totalMs, 0);
    const batch = rowOf(this.batches, size, () => ({ input: none(), infer: none(), output: none() }));
    if (batch) { add(batch.input, inputMs); add(batch.infer, inferMs); add(batch.output, outputMs); }
    let from = ingressNodeId;
    for (const { stageIndex, nodeId, queueMs, computeMs, receivedBytes, times } of trace.stages) {
      const replica = trace.replica ?? 1;
      const segment = rowOf(this.segments, `${replica} ${stageIndex}`, () => ({ stage: stageIndex, replica, nodeId, queue: new LatencyHistogram(), compute: new LatencyHistogram() }));
      if (segment) { segment.nodeId = nodeId; segment.queue.observe(queueMs / 1000); segment.compute.observe(computeMs / 1000); }
      if (times) this.#hop(from, nodeId, times.receiveMs + (times.roundTripMs ?? 0) / 2, receivedBytes);
      from = nodeId;
    }
    if (trace.answer) this.#hop(from, ingressNodeId, answerMs(trace), trace.answer.bytes);
  }

  /** Writing an answer took so long, after it was counted as a success. */
  wrote(ms: number): void {
    this.success.ms += ms;
    this.output.sum += ms / 1000;
  }

  failed(totalMs: number): void {
    add(this.fail, totalMs);
  }

  #hop(from: string, to: string, ms: number, bytes: number): void {
    const link = rowOf(this.links, `${from}>${to}`, () => ({ from, to, network: new LatencyHistogram(), bytes: 0 }));
    if (!link) return;
    link.network.observe(ms / 1000);
    link.bytes += bytes;
  }

  /** As REST tells it; durations in nanoseconds. What is beyond the protocol stands in `segment_stats` and `link_stats`. */
  told(name: string, version: string) {
    return {
      name, version, last_inference: Math.round(this.lastInferenceMs), inference_count: this.inferences, execution_count: this.executions,
      inference_stats: {
        success: ns(this.success), fail: ns(this.fail), queue: nsOf(this.queue), compute_input: nsOf(this.input), compute_infer: nsOf(this.infer), compute_output: nsOf(this.output),
        cache_hit: ns(none()), cache_miss: ns(none()),
      },
      batch_stats: [...this.batches].sort(([a], [b]) => a - b).map(([size, { input, infer, output }]) => ({ batch_size: size, compute_input: ns(input), compute_infer: ns(infer), compute_output: ns(output) })),
      segment_stats: [...this.segments.values()].sort((a, b) => a.replica - b.replica || a.stage - b.stage).map(({ stage, replica, nodeId, queue, compute }) => ({ stage, ...(replica === 1 ? {} : { replica }), node: nodeId, queue: nsOf(queue), compute: nsOf(compute) })),
      link_stats: [...this.links.values()].map(({ from, to, network, bytes }) => ({ from, to, network: nsOf(network), bytes })),
    };
  }
}

function partsOf(trace: RequestTrace, totalMs: number, waitedMs: number): Parts {
  const inferMs = trace.stages.reduce((sum, stage) => sum + stage.computeMs, 0);
  const queued = trace.stages.reduce((sum, stage) => sum + stage.queueMs, 0) + (trace.sendMs ?? 0) + waitedMs;
  // Clocks of several machines: what they say together is never more than what passed here.
  const infer = Math.min(inferMs, totalMs);
  const queueMs = Math.min(queued, totalMs - infer);
  const outputMs = Math.min(answerMs(trace), totalMs - infer - queueMs);
  return { inferMs: infer, queueMs, outputMs, inputMs: totalMs - infer - queueMs - outputMs };
}

const answerMs = ({ answer }: RequestTrace): number => (answer ? answer.receiveMs + (answer.roundTripMs ?? 0) / 2 : 0);
const add = (duration: Duration, ms: number): void => { duration.count++; duration.ms += ms; };
const ns = ({ count, ms }: Duration) => ({ count, ns: Math.round(ms * 1e6) });
const nsOf = ({ count, sum }: LatencyHistogram) => ({ count, ns: Math.round(sum * 1e9) });

function rowOf<K, V>(rows: Map<K, V>, key: K, make: () => V): V | null {
  const known = rows.get(key);
  if (known) return known;
  if (rows.size >= MAX_ROWS) return null;
  const made = make();
  rows.set(key, made);
  return made;
}
