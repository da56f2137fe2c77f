// Owns the server's side of searches: threads that stay for the next one, progress, cancel, deadline, outcome. At most MAX_THREADS search at once,
// at most MAX_WAITING wait in order; more are refused.
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Explanation } from "../planner/explain/explain-outcome.ts";
import type { Outcome, Progress, SearchRequest } from "../planner/search/solver.ts";
import type { FrontPlan, Quantity } from "../planner/search/pareto-front.ts";
import type { SearchJob, SearchMessage, SearchTask, WarmUp } from "./search-messages.ts";

/** A search takes a whole core; the console and the agents of a demo need the rest. */
export const MAX_THREADS = 2;
/** Who waits behind more than this many would not wait that long. */
export const MAX_WAITING = 16;
/** A search that does not heed its deadline or a cancel is ended with its thread. */
const GRACE_MS = 2_000;
/** Tables of 1000 nodes × 512 layers are about 20 MB; labels of an exact search take the rest. */
const MAX_HEAP_MB = 1024;

export type SearchOptions = { solver?: string; budgetMs: number; seed: number; signal?: AbortSignal; onProgress?: (progress: Progress) => void };
export type SearchAnswer = { outcome: Outcome; solver: string; /** It was told to stop: the best so far. */ stopped: boolean };

/** Searches in progress and waiting are full. */
export class SearchesFull extends Error {}

type Ended = { message: SearchMessage; stopped: boolean };
type Searcher = { worker: Worker; job: { take(message: SearchMessage): void; fail(error: Error): void } | null };
const idle: Searcher[] = [];
const waiting: (() => void)[] = [];
let running = 0;
let lastId = 0;

/** A cancel answers with the best so far; before its turn has come it throws the signal's reason. */
export async function runSearch(request: SearchRequest, options: SearchOptions): Promise<SearchAnswer> {
  const { message, stopped } = await inTurn(request, { kind: "search" }, options);
  if (message.kind !== "outcome") throw new Error(`the search thread answered ${message.kind}`);
  return { outcome: message.outcome, solver: message.solver, stopped };
}

/** What there is to say of an outcome, by solving again; waits for its turn like a search. */
export async function explainSearch(request: SearchRequest, outcome: Outcome, options: Omit<SearchOptions, "solver" | "onProgress">): Promise<Explanation> {
  const { message } = await inTurn(request, { kind: "explain", outcome }, options);
  if (message.kind !== "explained") throw new Error(`the search thread answered ${message.kind}`);
  return message.explanation;
}

/**
 * Has one thread ready and warm, for who is about to plan: the first search of a cold thread takes several times as long as the next (`npm run bench -- planner`).
 * Does nothing while a thread is there already.
 */
export function warmSearches(): void {
  if (idle.length > 0 || running > 0) return;
  const searcher = startSearcher();
  searcher.worker.unref();
  idle.push(searcher);
  searcher.worker.postMessage({ kind: "warm-up" } satisfies WarmUp);
}

/** The plans to choose from, as far as its time goes or until it is stopped. `onFront` is told of all of them each time that one joins. */
export async function searchFront(request: SearchRequest, quantities: readonly Quantity[], { onFront, ...options }: Omit<SearchOptions, "solver" | "onProgress"> & { onFront?: (plans: readonly FrontPlan[]) => void }): Promise<readonly FrontPlan[]> {
  const { message } = await inTurn(request, { kind: "front", quantities }, options, onFront);
  if (message.kind !== "front") throw new Error(`the search thread answered ${message.kind}`);
  return message.plans;
}

type OnFront = (plans: readonly FrontPlan[]) => void;
async function inTurn(request: SearchRequest, task: SearchTask, options: SearchOptions, onFront?: OnFront): Promise<Ended> {
  if (running >= MAX_THREADS) {
    if (waiting.length >= MAX_WAITING) throw new SearchesFull(`${MAX_THREADS} searches run and ${MAX_WAITING} wait.`);
    await turn(options.signal);
  } else running++;
  try {
    options.signal?.throwIfAborted();
    return await perform(request, task, options, onFront);
  } finally {
    // The turn goes to who waits longest, else it is free.
    const next = waiting.shift();
    if (next) next();
    else running--;
  }
}

function turn(signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const go = () => {
      signal?.removeEventListener("abort", leave);
      resolve();
    };
    const leave = () => {
      const at = waiting.indexOf(go);
      if (at >= 0) waiting.splice(at, 1);
      reject(signal?.reason);
    };
    waiting.push(go);
    if (signal?.aborted) leave();
    else signal?.addEventListener("abort", leave, { once: true });
  });
}

function perform(request: SearchRequest, task: SearchTask, { solver, budgetMs, seed, signal, onProgress }: SearchOptions, onFront?: OnFront): Promise<Ended> {
  const searcher = idle.pop() ?? startSearcher();
  const cancel = new SharedArrayBuffer(4);
  const job: SearchJob = { id: ++lastId, request, task, solver: solver ?? null, budgetMs, seed, cancel };
  return new Promise<Ended>((resolve, reject) => {
    let stopped = false;
    let grace = setTimeout(() => void searcher.worker.terminate(), budgetMs + GRACE_MS);
    const stop = () => {
      stopped = true;
      Atomics.store(new Int32Array(cancel), 0, 1);
      clearTimeout(grace);
      grace = setTimeout(() => void searcher.worker.terminate(), GRACE_MS);
    };
    const end = () => {
      clearTimeout(grace);
      signal?.removeEventListener("abort", stop);
      searcher.job = null;
    };
    searcher.job = {
      take: (message) => {
        if (message.id !== job.id) return;
        if (message.kind === "progress") return onProgress?.(message.progress);
        if (message.kind === "front-grows") return onFront?.(message.plans);
        end();
        searcher.worker.unref();
        idle.push(searcher);
        if (message.kind === "failed") reject(new Error(message.message));
        else resolve({ message, stopped });
      },
      fail: (error) => {
        end();
        reject(error);
      },
    };
    signal?.addEventListener("abort", stop, { once: true });
    searcher.worker.ref();
    searcher.worker.postMessage(job);
  });
}

function startSearcher(): Searcher {
  const fromSource = import.meta.url.endsWith(".ts");
  const worker = new Worker(fileURLToPath(new URL(fromSource ? "./start-search.js" : "./search-thread.mjs", import.meta.url)), { execArgv: [], resourceLimits: { maxOldGenerationSizeMb: MAX_HEAP_MB } });
  const searcher: Searcher = { worker, job: null };
  worker.on("message", (message: SearchMessage) => searcher.job?.take(message));
  const gone = (error: Error) => {
    const at = idle.indexOf(searcher);
    if (at >= 0) idle.splice(at, 1);
    searcher.job?.fail(error);
  };
  worker.on("error", gone);
  worker.on("exit", () => gone(new Error("the search thread ended without an outcome")));
  return searcher;
}
