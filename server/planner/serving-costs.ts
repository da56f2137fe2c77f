// Owns the figures of what serving costs beside computing, each with where it comes from. A node has its own where its traces tell them.
// Raise the estimator's version when one changes.

export const SERVING_COSTS = {
  /** Of each stage: queue, hand-over to the worker and back (measured 0.3–0.9 ms). */
  handoverMs: 0.5,
  /** Of each end of a hop, for a frame of any size: framing, one record of TLS, waking the process. */
  frameMs: 0,
  /** Encrypting, sending and receiving on one machine: about 1 GB/s through mutual TLS. */
  handlingMsPerByte: 1 / 1_000_000,
  /** HTTP at the ingress, whatever the size: parsing, checking, dispatching (measured 0.2–1.4 ms with requests of 1 kB through stages that compute next to nothing). */
  ingressMs: 0.5,
  /** Reading a request's and writing an answer's bytes over HTTP, joining and copying included: about 500 MB/s (measured 1.6–3 ms per MB on busy cores). */
  ingressMsPerByte: 2 / 1_000_000,
} as const;
