// Owns a model version's numbers since the ingress started: where its requests' time went, in the parts the protocol's statistics extension names,
// and per segment and per link. The parts of a request sum to the time it took here, so that what a client measures beyond it is its own network.
//
//   queue = waiting for a batch, for credit and in stages' queues     compute_infer = running      compute_output = the answer's hop and writing it
//   compute_input = the rest: reading the request, and the hops between segments
//   A processor's time is in them as they are told: waiting for its thread in queue, before the first segment in compute_input, after the last in compute_output.
//
// The same time by its places, each once (of a batch: what one of its requests saw): here (read, queue, write), in the processor (queue, preprocess, postprocess), in each segment
// (queue, compute, hand_on) and on each link (network). Before all that the request's bytes came (receive): the client's own network, and waiting for this process to look.
import type { ProcessorTimes, RequestTrace } from "../protocol/control.ts";
import { BATCH_BOUNDS, BoundedHistogram, LatencyHistogram } from "./latency-histogram.ts";

/** `ms` summed over `count` occurrences. */
export type Duration = { count: number; ms: number };
const none = (): Duration => ({ count: 0, ms: 0 });
/** `handOn`: from the result to where it leaves, most of it waiting for room at the next. */
export type SegmentTimes = { stage: number; /** From 1. */ replica: number; nodeId: string; queue: LatencyHistogram; compute: LatencyHistogram; handOn: Duration };
/** `network`: from leaving one node to being whole at the next. What all links of a run took together is measured; what is each one's share, told from round trips and from first to last byte. Its count is of frames: a link that a run passes twice (there and back on one node, say) has two of each. */
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
  /** `read`: parsing, checks, and cutting a batch apart; `queue`: for a batch, and for credit. */
  readonly ingress = { receive: none(), read: none(), queue: none(), write: none() };
  /** Of requests that came as pictures, texts or sounds, each once. Not in the histograms of the parts above, and in no run's. */
  readonly processor = { queue: new LatencyHistogram(), preprocess: new LatencyHistogram(), postprocess: new LatencyHistogram() };

  /** `totalMs` from the request's arrival to its outputs; `waitedMs` of it for a batch; `items` = its size along the batch dimension. */
  succeeded(trace: RequestTrace, { totalMs, waitedMs, items, nowMs }: { totalMs: number; waitedMs: number; items: number; nowMs: number }): void {
    const parts = partsOf(trace, totalMs, waitedMs);
    add(this.ingress.queue, waitedMs + (trace.sendMs ?? 0));
    add(this.ingress.read, Math.max(0, totalMs - waitedMs - trace.totalMs));
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
    const hops = hopsOf(trace);
    for (const [index, { stageIndex, nodeId, queueMs, computeMs, receivedBytes, times }] of trace.stages.entries()) {
      const replica = trace.replica ?? 1;
      const segment = rowOf(this.segments, `${replica} ${stageIndex}`, () => ({ stage: stageIndex, replica, nodeId, queue: new LatencyHistogram(), compute: new LatencyHistogram(), handOn: none() }));
      if (segment) { segment.nodeId = nodeId; segment.queue.observe(queueMs / 1000); segment.compute.observe(computeMs / 1000); }
      if (segment && times) add(segment.handOn, Math.max(0, times.holdMs - queueMs - computeMs));
      if (times) this.#hop(from, nodeId, hops[index]!, receivedBytes);
      from = nodeId;
    }
    if (trace.answer) this.#hop(from, ingressNodeId, hops.at(-1)!, trace.answer.bytes);
  }

  /** A processor made a request's tensors, and the answer of its outputs; `readMs` from its last byte until the processor was asked. What runs of it took is counted by itself. */
  processed({ pre, post, readMs }: { pre: ProcessorTimes; post: ProcessorTimes; readMs: number }): void {
    this.processor.queue.observe((pre.waitMs + post.waitMs) / 1000);
    this.processor.preprocess.observe(pre.tookMs / 1000);
    this.processor.postprocess.observe(post.tookMs / 1000);
    this.success.ms += readMs;
    this.input.sum += readMs / 1000;
    this.ingress.read.ms += readMs;
  }

  /** Writing an answer took so long, after it was counted as a success; its request's bytes had taken `receiveMs` to come. */
  wrote(ms: number, receiveMs: number): void {
    this.success.ms += ms;
    this.output.sum += ms / 1000;
    add(this.ingress.write, ms);
    add(this.ingress.receive, receiveMs);
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

  /** As REST tells it; durations in nanoseconds. What is beyond the protocol stands in `ingress_stats`, `processor_stats` (where one was used), `segment_stats` and `link_stats`. */
  told(name: string, version: string) {
    const { queue: waited, preprocess, postprocess } = this.processor;
    return {
      name, version, last_inference: Math.round(this.lastInferenceMs), inference_count: this.inferences, execution_count: this.executions,
      inference_stats: {
        success: ns({ count: this.success.count, ms: this.success.ms + (waited.sum + preprocess.sum + postprocess.sum) * 1000 }), fail: ns(this.fail),
        queue: nsOf(this.queue, waited.sum), compute_input: nsOf(this.input, preprocess.sum), compute_infer: nsOf(this.infer), compute_output: nsOf(this.output, postprocess.sum),
        cache_hit: ns(none()), cache_miss: ns(none()),
      },
      batch_stats: [...this.batches].sort(([a], [b]) => a - b).map(([size, { input, infer, output }]) => ({ batch_size: size, compute_input: ns(input), compute_infer: ns(infer), compute_output: ns(output) })),
      ingress_stats: Object.fromEntries(Object.entries(this.ingress).map(([place, duration]) => [place, ns(duration)])),
      ...(preprocess.count === 0 ? {} : { processor_stats: { queue: nsOf(waited), preprocess: nsOf(preprocess), postprocess: nsOf(postprocess) } }),
      segment_stats: [...this.segments.values()].sort((a, b) => a.replica - b.replica || a.stage - b.stage).map(({ stage, replica, nodeId, queue, compute, handOn }) => ({ stage, ...(replica === 1 ? {} : { replica }), node: nodeId, queue: nsOf(queue), compute: nsOf(compute), hand_on: ns(handOn) })),
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
  const outputMs = Math.min(trace.answer ? hopsOf(trace).at(-1)! : 0, totalMs - infer - queueMs);
  return { inferMs: infer, queueMs, outputMs, inputMs: totalMs - infer - queueMs - outputMs };
}

/**
 * To each stage, and back where the answer's hop is told. By clocks of single machines alone: what was not here, and not held by a stage, was on the links;
 * round trips and first to last bytes, which leave out encryption and waiting for a busy process to look, say how it was shared.
 */
function hopsOf({ stages, answer, totalMs, sendMs }: RequestTrace): number[] {
  const told = stages.map(({ times }) => (times ? times.receiveMs + (times.roundTripMs ?? 0) / 2 : 0));
  if (!answer) return told;
  told.push(answer.receiveMs + (answer.roundTripMs ?? 0) / 2);
  if (sendMs === undefined || stages.some(({ times }) => !times)) return told;
  const allMs = Math.max(0, totalMs - sendMs - stages.reduce((sum, { times }) => sum + times!.holdMs, 0));
  const toldMs = told.reduce((sum, ms) => sum + ms, 0);
  return told.map((ms) => (toldMs > 0 ? (ms / toldMs) * allMs : allMs / told.length));
}

const add = (duration: Duration, ms: number): void => { duration.count++; duration.ms += ms; };
const ns = ({ count, ms }: Duration) => ({ count, ns: Math.round(ms * 1e6) });
const nsOf = ({ count, sum }: LatencyHistogram, moreSeconds = 0) => ({ count, ns: Math.round((sum + moreSeconds) * 1e9) });

function rowOf<K, V>(rows: Map<K, V>, key: K, make: () => V): V | null {
  const known = rows.get(key);
  if (known) return known;
  if (rows.size >= MAX_ROWS) return null;
  const made = make();
  rows.set(key, made);
  return made;
}
