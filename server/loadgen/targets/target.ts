// Owns what can be measured: something that says what it is, loads samples, and answers them.
import type { Answer, SystemUnderTest } from "../issue-queries.ts";
import { REFUSALS } from "./http-caller.ts";

export type Target = SystemUnderTest & {
  /** Samples its library has. */
  sampleCount: number;
  /** Makes the bodies of these samples, before the clock runs. @throws Error when they do not fit MAX_LOADED_BYTES */
  load(samples: readonly number[]): void;
  /** Whether the answer to a sample is right; null = its label is not known. */
  judge(sample: number, data: Uint8Array): boolean | null;
  close(): void;
};

/** All bodies of a run are ready before it begins: making them while it runs would be measured. */
export const MAX_LOADED_BYTES = 512 * 2 ** 20;

export function loadBodies<Body extends { bytes: Buffer }>(bodies: Map<number, Body>, samples: readonly number[], make: (sample: number) => Body): void {
  bodies.clear();
  let bytes = 0;
  for (const sample of samples) {
    if (bodies.has(sample)) continue;
    const body = make(sample);
    bytes += body.bytes.length;
    if (bytes > MAX_LOADED_BYTES) throw new Error(`${samples.length} samples are more than ${MAX_LOADED_BYTES / 2 ** 20} MiB together: use fewer with --samples.`);
    bodies.set(sample, body);
  }
}

/** A sentence for an answer that is none. */
export function describeFailure(status: number, body: Buffer): string {
  return `status ${status}: ${body.toString("utf8", 0, 300)}`;
}

/** A sample whose answer has another status than 200. */
export function failedAnswer(status: number, body: Buffer): Extract<Answer, { ok: false }> {
  return { ok: false, problem: describeFailure(status, body), ...(REFUSALS.includes(status) ? { isRefused: true } : {}) };
}
