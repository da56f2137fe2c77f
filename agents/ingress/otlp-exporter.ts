// Owns sending spans to an OpenTelemetry collector by OTLP/HTTP in JSON (opentelemetry.io/docs/specs/otlp): a bounded queue, batches, retries as the
// specification allows them. A collector that is away costs spans, and nothing else.
import { setTimeout as sleep } from "node:timers/promises";
import type { Family } from "../exposition.ts";
import { AGENT_VERSION } from "../version.ts";
import { attributesOf, type OtlpSpan } from "./request-spans.ts";

/** `url`: of the collector; `/v1/traces` is added. `ratio`: share of requests without a trace of their own that begin one here. */
export type OtlpSettings = { url: string; headers: Record<string, string>; ratio: number };

/** Some MB; at 2,000 spans a second a collector may be away for two seconds. */
const MAX_QUEUED_SPANS = 4096;
const MAX_BATCH_SPANS = 512;
const EXPORT_EVERY_MS = 1_000;
const TIMEOUT_MS = 10_000;
const MAX_TRIES = 3;
const FIRST_RETRY_MS = 500;
const MAX_RETRY_MS = 5_000;
/** Of the specification: these and no others may be tried again. */
const RETRYABLE = new Set([429, 502, 503, 504]);

export type OtlpOptions = { settings: OtlpSettings; nodeId: string; /** It began to fail, and why; null = it works again. */ problem(message: string | null): void };

export class OtlpExporter {
  readonly #options: OtlpOptions;
  #queue: OtlpSpan[] = [];
  #timer: NodeJS.Timeout | null = null;
  #sending: Promise<void> | null = null;
  #failing = false;
  readonly #stop = new AbortController();
  #exported = 0;
  readonly #dropped = { full: 0, failed: 0, rejected: 0 };

  constructor(options: OtlpOptions) {
    this.#options = options;
  }

  get ratio(): number {
    return this.#options.settings.ratio;
  }

  add(spans: readonly OtlpSpan[]): void {
    // A request's spans are kept together: half a trace misleads.
    if (this.#queue.length + spans.length > MAX_QUEUED_SPANS || this.#stop.signal.aborted) {
      this.#dropped.full += spans.length;
      return;
    }
    this.#queue.push(...spans);
    this.#timer ??= setTimeout(() => { this.#timer = null; void this.flush(); }, EXPORT_EVERY_MS).unref();
  }

  /** Resolves when what was queued is sent or given up. */
  flush(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => { this.#sending = null; });
    return this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const batch = this.#queue.splice(0, MAX_BATCH_SPANS);
      const problem = await this.#send(batch);
      if (problem !== null) this.#dropped.failed += batch.length;
      if ((problem !== null) !== this.#failing) this.#options.problem(problem);
      this.#failing = problem !== null;
    }
  }

  /** Null = taken, if only in part. */
  async #send(spans: OtlpSpan[]): Promise<string | null> {
    const { settings: { url, headers }, nodeId } = this.#options;
    const body = JSON.stringify({ resourceSpans: [{
      resource: { attributes: attributesOf({ "service.name": "cutplane-ingress", "service.version": AGENT_VERSION, "service.instance.id": nodeId }) },
      scopeSpans: [{ scope: { name: "cutplane", version: AGENT_VERSION }, spans }],
    }] });
    let problem = "";
    for (let tries = 1; tries <= MAX_TRIES && !this.#stop.signal.aborted; tries++) {
      let retryAfterMs = Math.min(MAX_RETRY_MS, FIRST_RETRY_MS * 2 ** (tries - 1));
      try {
        const answer = await fetch(`${url}/v1/traces`, { method: "POST", headers: { ...headers, "content-type": "application/json" }, body, redirect: "error", signal: AbortSignal.any([this.#stop.signal, AbortSignal.timeout(TIMEOUT_MS)]) });
        const text = (await answer.text()).slice(0, 64 * 1024);
        if (answer.ok) return this.#taken(spans.length, text);
        problem = `the collector answered ${answer.status}`;
        if (!RETRYABLE.has(answer.status)) return problem;
        const seconds = Number(answer.headers.get("retry-after") ?? Number.NaN);
        if (seconds >= 0) retryAfterMs = Math.min(MAX_RETRY_MS, seconds * 1000);
      } catch (error) {
        problem = `the collector could not be reached: ${((error as Error).cause as Error | undefined)?.message ?? (error as Error).message}`;
      }
      if (tries < MAX_TRIES) await sleep(retryAfterMs, undefined, { signal: this.#stop.signal, ref: false }).catch(() => undefined);
    }
    return problem || "the ingress stops";
  }

  #taken(count: number, text: string): null {
    let rejected = 0;
    try {
      rejected = Math.min(count, Math.max(0, Number((JSON.parse(text) as { partialSuccess?: { rejectedSpans?: unknown } }).partialSuccess?.rejectedSpans ?? 0) || 0));
    } catch {
      // An empty answer, or one that is no JSON: all were taken.
    }
    this.#dropped.rejected += rejected;
    this.#exported += count - rejected;
    return null;
  }

  metrics(): Family[] {
    return [
      { name: "cutplane_trace_spans_exported_total", type: "counter", help: "Spans that the collector took.", rows: [[{}, this.#exported]] },
      { name: "cutplane_trace_spans_dropped_total", type: "counter", help: "Spans that reached no collector: the queue was full, sending failed, or it rejected them.", rows: Object.entries(this.#dropped).map(([reason, count]) => [{ reason }, count]) },
    ];
  }

  /** Sends what is left, at most for `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    const timer = setTimeout(() => this.#stop.abort(), graceMs);
    await this.flush();
    clearTimeout(timer);
    this.#stop.abort();
  }
}
