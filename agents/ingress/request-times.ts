// Owns how long answered requests took at an ingress, told twice: as their clients wait for them, what a model's processor takes in it, and what the pipeline took of it alone, which is
// what a plan predicts. Of a request that came as tensors the two are one.
import type { IngressSample } from "../protocol/control.ts";
import { quantile } from "../stage/stage-samples.ts";
import { LatencyHistogram } from "./latency-histogram.ts";

/** Of each kind, kept per interval. */
const MAX_TIMES = 4096;

export class RequestTimes {
  /** As clients wait, since the ingress started. */
  readonly latency = new LatencyHistogram();
  #whole: number[] = [];
  #pipeline: number[] = [];
  /** Of the interval's requests one went through a processor. */
  #isProcessed = false;

  /** A request that came as tensors: from tensors to tensors. */
  answered(ms: number): void {
    this.#tookWhole(ms);
    keep(this.#pipeline, ms);
  }

  /** A run for a request that a processor made, of many steps one: from tensors to tensors. */
  ran(ms: number): void {
    this.#isProcessed = true;
    keep(this.#pipeline, ms);
  }

  /** A request that a processor made: from its last byte to its answer's being handed to the socket. */
  handedOver(ms: number): void {
    this.#isProcessed = true;
    this.#tookWhole(ms);
  }

  #tookWhole(ms: number): void {
    this.latency.observe(ms / 1000);
    keep(this.#whole, ms);
  }

  /** Of the interval since the last call. */
  take(): Pick<IngressSample, "latencyMsP50" | "latencyMsP99" | "pipelineMsP50"> {
    const [whole, pipeline, isProcessed] = [this.#whole, this.#pipeline, this.#isProcessed];
    this.#whole = [];
    this.#pipeline = [];
    this.#isProcessed = false;
    return { latencyMsP50: quantile(whole, 0.5), latencyMsP99: quantile(whole, 0.99), ...(isProcessed ? { pipelineMsP50: quantile(pipeline, 0.5) } : {}) };
  }
}

function keep(times: number[], ms: number): void {
  if (times.length < MAX_TIMES) times.push(ms);
}
