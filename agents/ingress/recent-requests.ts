// Owns which finished requests of an interval are worth telling: the failed, the slowest and the newest ones, in bounded memory.
import { MAX_RECENT_REQUESTS, type RequestTrace } from "../protocol/control.ts";

const MAX_FAILED = 3;
const MAX_SLOWEST = 3;
const MAX_NEWEST = MAX_RECENT_REQUESTS - MAX_FAILED - MAX_SLOWEST;

export class RecentRequests {
  #failed: RequestTrace[] = [];
  /** Slowest first. */
  #slowest: RequestTrace[] = [];
  #newest: RequestTrace[] = [];

  /** A trace that is added again says more than before and takes its place. */
  add(trace: RequestTrace): void {
    const isOther = (one: RequestTrace) => one.requestId !== trace.requestId;
    if (!trace.ok) { this.#failed = this.#failed.filter(isOther); this.#newest = this.#newest.filter(isOther); this.#slowest = this.#slowest.filter(isOther); }
    if (!trace.ok) this.#failed = [...this.#failed.slice(-(MAX_FAILED - 1)), trace];
    this.#newest.push(trace);
    if (this.#newest.length > MAX_NEWEST) this.#newest.shift();
    const least = this.#slowest.at(-1);
    if (this.#slowest.length === MAX_SLOWEST && least && trace.totalMs <= least.totalMs) return;
    this.#slowest = [...this.#slowest, trace].sort((a, b) => b.totalMs - a.totalMs).slice(0, MAX_SLOWEST);
  }

  /** Those of the interval since the last call, each once, oldest first. */
  take(): RequestTrace[] {
    const all = [...new Set([...this.#failed, ...this.#slowest, ...this.#newest])].sort((a, b) => Date.parse(a.startedAt) - Date.parse(b.startedAt));
    this.#failed = [];
    this.#slowest = [];
    this.#newest = [];
    return all;
  }
}
