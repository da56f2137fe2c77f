// Owns what a new revision gets to do beside the one that serves: a share of the requests, copies of others whose answers are compared and given to nobody, and
// the figures by which it is judged. Knows nothing of pipelines.
//
// Shares are spread evenly and not drawn: of ten requests at a tenth, one is taken, always; of ten sequences one is, with all of its steps. A window of
// figures closes when it is long enough and has enough requests, so that few requests make long windows and not wild ones.
import type { CanaryWindow, ObservedCanary, RouteCanary } from "../protocol/control.ts";
import type { WireTensor } from "../protocol/tensor.ts";
import { WireError, type WireErrorCode } from "../protocol/wire-error.ts";
import { quantile } from "../stage/stage-samples.ts";
import type { InferAnswer } from "./dispatcher.ts";
import { relativeError } from "./verification.ts";

const WINDOW_MS = 5_000;
const WINDOW_REQUESTS = 10;
/** Told to the console, which wants three that agree. */
const MAX_WINDOWS = 3;
/** Copies under way: they are run where requests are, and must not be why those wait. */
const MAX_SHADOWS_IN_FLIGHT = 4;
/** Latencies of one window; more say nothing else. */
const MAX_TIMES = 4096;
/** These say nothing of the revision. Of a copy `bad_tensors` does: the request was answered. */
const NOT_ITS_FAULT: ReadonlySet<WireErrorCode> = new Set(["cancelled", "overloaded", "bad_tensors", "going_away"]);

/** `took`: of a request that goes on after its run, to be called once it is answered, with what all of it took. */
export type TriedAnswer = InferAnswer & { took?(ms: number): void };

export class Canary {
  #setting: RouteCanary;
  readonly #nowMs: () => number;
  #taken = 0;
  #begun = 0;
  #shadowed = 0;
  #inFlight = 0;
  #requests = 0;
  #failed = 0;
  readonly #shadows = { equal: 0, different: 0, failed: 0, skipped: 0 };
  #maxRelError = 0;
  #shadowWindows: NonNullable<ObservedCanary["shadowWindows"]> = [];
  #shadowWindow = { sinceMs: 0, equal: 0, different: 0, failed: 0 };
  #windows: CanaryWindow[] = [];
  #window = { sinceMs: 0, requests: 0, failed: 0, times: [] as number[] };

  /** `nowMs`: a steady clock. */
  constructor(setting: RouteCanary, nowMs: () => number) {
    this.#setting = setting;
    this.#nowMs = nowMs;
    this.#window.sinceMs = nowMs();
    this.#shadowWindow.sinceMs = nowMs();
  }

  get epoch(): number {
    return this.#setting.epoch;
  }

  /** Of the same epoch: what was counted stays. */
  change(setting: RouteCanary): void {
    this.#setting = setting;
  }

  /** Whether the next request goes to the new revision. */
  takes(): boolean {
    this.#taken += this.#setting.share;
    if (this.#taken < 1 - 1e-9) return false;
    this.#taken -= 1;
    return true;
  }

  /** Whether the next sequence that begins is the new revision's, with all of its steps. */
  takesSequence(): boolean {
    this.#begun += this.#setting.share;
    if (this.#begun < 1 - 1e-9) return false;
    this.#begun -= 1;
    return true;
  }

  /** Whether a copy of this request is sent there; `room` = requests are not held up by it. */
  shadows(room: boolean): boolean {
    this.#shadowed += this.#setting.shadowShare;
    if (this.#shadowed < 1 - 1e-9) return false;
    this.#shadowed -= 1;
    if (room && this.#inFlight < MAX_SHADOWS_IN_FLIGHT) return true;
    this.#shadows.skipped++;
    return false;
  }

  /** Counts a request that the new revision was given. One that another revision had to answer was not answered by it. `goesOn`: its run is not all of it: its answer's `took` is told the rest. */
  async counted<T extends TriedAnswer>(run: () => Promise<T>, goesOn = false): Promise<T> {
    const startedAt = this.#nowMs();
    try {
      const answer = await run();
      const told: TriedAnswer = answer;
      const isIts = answer.epoch === this.epoch;
      if (isIts && goesOn) told.took = (ms) => this.#took(ms);
      else if (isIts) this.#took(this.#nowMs() - startedAt);
      this.#count(isIts);
      return answer;
    } catch (error) {
      if (!(error instanceof WireError && NOT_ITS_FAULT.has(error.code))) this.#count(false);
      throw error;
    }
  }

  /** Runs a copy and compares its answer with `reference`, which may be gone after the call. Never rejects. */
  async shadow(reference: readonly WireTensor[], run: () => Promise<InferAnswer>): Promise<void> {
    const wanted = reference.map((tensor) => ({ ...tensor, data: new Uint8Array(tensor.data) }));
    this.#inFlight++;
    try {
      const answer = await run();
      const errors = wanted.map((tensor) => { const given = answer.outputs.find((output) => output.name === tensor.name); return given ? relativeError(given, tensor) : Infinity; });
      answer.release();
      const worst = Math.max(0, ...errors);
      this.#maxRelError = Math.max(this.#maxRelError, Math.min(worst, Number.MAX_VALUE));
      this.#compared(worst <= this.#setting.tolerance ? "equal" : "different");
    } catch (error) {
      if (error instanceof WireError && error.code !== "bad_tensors" && NOT_ITS_FAULT.has(error.code)) this.#shadows.skipped++;
      else this.#compared("failed");
    } finally {
      this.#inFlight--;
    }
  }

  #count(isAnswered: boolean): void {
    const window = this.#window;
    this.#requests++;
    window.requests++;
    if (!isAnswered) { this.#failed++; window.failed++; }
    this.#closeWindow();
  }

  /** In the window that is open when it is known. */
  #took(ms: number): void {
    const { times } = this.#window;
    if (times.length < MAX_TIMES) times.push(ms);
  }

  #closeWindow(): void {
    const { sinceMs, requests, failed, times } = this.#window;
    const nowMs = this.#nowMs();
    if (requests < WINDOW_REQUESTS || nowMs - sinceMs < WINDOW_MS) return;
    this.#windows = [...this.#windows, { requests, failed, latencyMsP99: quantile(times, 0.99) }].slice(-MAX_WINDOWS);
    this.#window = { sinceMs: nowMs, requests: 0, failed: 0, times: [] };
  }

  #compared(outcome: "equal" | "different" | "failed"): void {
    this.#shadows[outcome]++;
    this.#shadowWindow[outcome]++;
    this.#closeShadowWindow();
  }

  #closeShadowWindow(): void {
    const { sinceMs, ...copies } = this.#shadowWindow;
    const nowMs = this.#nowMs();
    if (copies.equal + copies.different + copies.failed < WINDOW_REQUESTS || nowMs - sinceMs < WINDOW_MS) return;
    this.#shadowWindows = [...this.#shadowWindows, copies].slice(-MAX_WINDOWS);
    this.#shadowWindow = { sinceMs: nowMs, equal: 0, different: 0, failed: 0 };
  }

  observed(): ObservedCanary {
    this.#closeWindow();
    this.#closeShadowWindow();
    return { epoch: this.epoch, requests: this.#requests, failed: this.#failed, windows: this.#windows, shadows: { ...this.#shadows }, maxRelError: this.#maxRelError, shadowWindows: this.#shadowWindows };
  }
}
