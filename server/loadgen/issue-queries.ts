// Owns sending a run's queries when they are due and noting when each was answered. Knows no network: the system under test and the clock are given.
import type { Query } from "./method/make-queries.ts";
import type { RunRecord } from "./method/run-record.ts";
import type { EffectiveSettings } from "./method/settings.ts";

/** Nanoseconds since any fixed moment. One wake-up at a time; never inside the caller. */
export type Clock = { nowNs(): number; wakeAt(atNs: number, wake: () => void): void };
export type Answer = { ok: true; /** As it is logged in accuracy mode. */ data: Uint8Array | null; /** What it is graded by, as JSON would have it; absent = `data` is that JSON. Made when it is graded. */ told?: () => unknown; firstTokenAtNs?: number; tokenCount?: number } | { ok: false; problem: string; /** It was let in by nobody: there are too many, for now. */ isRefused?: boolean };
export type SystemUnderTest = { name: string; /** Answers once, within a limit of its own. `sample` is a library index. */ send(sample: number, answered: (answer: Answer) => void): void };
export type Issuing = { /** What has been recorded so far; grows. */ record: RunRecord; answeredCount(): number; /** Ends with a sentence why; what is under way is waited for. */ stop(why: string): void };
export type IssueOptions = {
  settings: EffectiveSettings;
  queries: readonly Query[];
  sut: SystemUnderTest;
  clock: Clock;
  /** Offline: samples under way at once. */
  offlineConcurrency: number;
  onAnswer?: (sequence: number, latencyNs: number, answer: Answer) => void;
  onEnd: (record: RunRecord) => void;
};

export function issueQueries(options: IssueOptions): Issuing {
  const issuer = new Issuer(options);
  issuer.start();
  return { record: issuer.record, answeredCount: () => issuer.answered, stop: (why) => issuer.stop(why) };
}

class Issuer {
  readonly record: RunRecord;
  answered = 0;
  readonly #options: IssueOptions;
  readonly #startNs: number;
  readonly #isServer: boolean;
  readonly #isOffline: boolean;
  /** Samples of a query that are not answered yet. */
  readonly #open = new Map<number, number>();
  #issued = 0;
  #isIssuing = true;
  #isEnded = false;
  /** Of the query that is being sent: what of it has left. */
  #sent = 0;

  constructor(options: IssueOptions) {
    const { settings, clock } = options;
    this.#options = options;
    this.#startNs = clock.nowNs();
    this.#isServer = settings.scenario === "Server";
    this.#isOffline = settings.scenario === "Offline";
    this.record = { settings, scheduledNs: [], issuedNs: [], doneNs: [], sampleLatenciesNs: [], sampleIndices: [], ranOut: false, cutShort: null, endedEarly: null, failedCount: 0, firstFailure: null, harnessLagP99Ns: null, tokens: null };
  }

  start(): void {
    this.#options.clock.wakeAt(this.#startNs, () => (this.#isServer ? this.#issueDue() : this.#next()));
  }

  stop(why: string): void {
    if (this.record.cutShort !== null || this.#isEnded) return;
    this.record.cutShort = why;
    this.#isIssuing = false;
    if (this.#isOffline) this.#dropUnsent();
    this.#finish();
  }

  /** Server: everything that is due leaves, answered or not. */
  #issueDue(): void {
    const { queries, clock } = this.#options;
    while (this.#isIssuing && this.#issued < queries.length && queries[this.#issued]!.scheduledNs <= this.#elapsedNs()) this.#issue();
    if (this.#isIssuing && this.#issued < queries.length) return clock.wakeAt(this.#startNs + queries[this.#issued]!.scheduledNs, () => this.#issueDue());
    this.#isIssuing = false;
    this.#finish();
  }

  /** Elsewhere: one query after the other. */
  #next(): void {
    const { settings, queries } = this.#options;
    if (this.#issued < queries.length) return this.#issue();
    this.#isIssuing = false;
    // Offline's one query is the whole run.
    this.record.ranOut = settings.mode === "PerformanceOnly" && !this.#isOffline && (this.record.issuedNs.at(-1) ?? 0) < settings.targetDurationMs * 1e6;
    this.#finish();
  }

  /** Samples of a query leave together, but Offline's: there the whole run is one query. */
  #issue(): void {
    const { queries, offlineConcurrency } = this.#options;
    const query = this.#issued++;
    const { samples, scheduledNs } = queries[query]!;
    const nowNs = this.#elapsedNs();
    this.record.scheduledNs[query] = this.#isServer ? scheduledNs : this.#isOffline ? 0 : nowNs;
    this.record.issuedNs[query] = nowNs;
    for (const sample of samples) this.record.sampleIndices.push(sample);
    this.#open.set(query, samples.length);
    this.#sent = 0;
    this.#decideEnd(nowNs);
    const together = this.#isOffline ? Math.min(offlineConcurrency, samples.length) : samples.length;
    for (let i = 0; i < together; i++) this.#sendOne(query, samples);
  }

  #sendOne(query: number, samples: readonly number[]): void {
    if (this.#sent >= samples.length || (this.#isOffline && this.record.cutShort !== null)) return;
    const at = this.#sent++;
    const sequence = query * this.#options.settings.samplesPerQuery + at;
    this.#options.sut.send(samples[at]!, (answer) => {
      this.#note(query, sequence, answer);
      if (this.#isOffline) this.#sendOne(query, samples);
    });
  }

  #dropUnsent(): void {
    const unsent = this.record.sampleIndices.length - this.#sent;
    if (this.#issued === 0 || unsent <= 0) return;
    this.record.sampleIndices.length -= unsent;
    this.#open.set(0, this.#open.get(0)! - unsent);
  }

  /** As LoadGen asks after each query, by the time it was issued at. */
  #decideEnd(nowNs: number): void {
    const { settings } = this.#options;
    if (settings.mode === "AccuracyOnly") return;
    if (!this.#isServer && this.#issued >= settings.minQueryCount && nowNs >= settings.targetDurationMs * 1e6) this.#isIssuing = false;
    else if (settings.maxQueryCount > 0 && this.#issued >= settings.maxQueryCount) this.#endEarly(`Max query count reached. query_count ${this.#issued}`);
    else if (settings.maxDurationMs > 0 && nowNs > settings.maxDurationMs * 1e6) this.#endEarly(`Max test duration reached. duration_ns ${nowNs}`);
    else if (this.#isServer && settings.maxAsyncQueries > 0 && this.#open.size > settings.maxAsyncQueries) this.stop(`More than ${settings.maxAsyncQueries} queries were unanswered at once: the system does not keep up.`);
  }

  /** In LoadGen's words: readers of its log know an early end by them. */
  #endEarly(what: string): void {
    this.#isIssuing = false;
    this.record.endedEarly = `IssueQueryThread 0 Ending early: ${what}`;
  }

  #note(query: number, sequence: number, answer: Answer): void {
    const nowNs = this.#elapsedNs();
    const latencyNs = nowNs - this.record.scheduledNs[query]!;
    this.record.sampleLatenciesNs[sequence] = latencyNs;
    this.answered++;
    if (!answer.ok) {
      this.record.failedCount++;
      this.record.firstFailure ??= answer.problem;
    } else if (answer.firstTokenAtNs !== undefined) {
      this.record.tokens ??= { firstNs: [], counts: [] };
      this.record.tokens.firstNs[sequence] = answer.firstTokenAtNs - this.#startNs - this.record.scheduledNs[query]!;
      this.record.tokens.counts[sequence] = answer.tokenCount ?? 0;
    }
    this.#options.onAnswer?.(sequence, latencyNs, answer);
    const left = this.#open.get(query)! - 1;
    if (left > 0) return void this.#open.set(query, left);
    this.#open.delete(query);
    this.record.doneNs[query] = nowNs;
    if (this.#isIssuing && !this.#isServer) this.#next();
    else this.#finish();
  }

  #finish(): void {
    if (this.#isIssuing || this.#open.size > 0 || this.#isEnded) return;
    this.#isEnded = true;
    this.#options.onEnd(this.record);
  }

  #elapsedNs(): number {
    return this.#options.clock.nowNs() - this.#startNs;
  }
}
