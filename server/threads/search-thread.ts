// Entry of a search thread: takes one search after the other, as they come.
import { parentPort } from "node:worker_threads";
import { explainOutcome } from "../planner/explain/explain-outcome.ts";
import { warmUps } from "../planner/families/warm-ups.ts";
import { paretoFront, type Quantity } from "../planner/search/pareto-front.ts";
import { solveSum } from "../planner/search/solve-within-slo.ts";
import { chooseSolver, findSolver } from "../planner/search/choose-solver.ts";
import type { Outcome, Progress, SearchRequest } from "../planner/search/solver.ts";
import type { SearchJob, SearchMessage, WarmUp } from "./search-messages.ts";

/** Nobody sees more; the outcome says the last word anyway. */
const MIN_PROGRESS_INTERVAL_MS = 20;
/** Of one question of an explanation; small problems are solved in a few. */
const MAX_QUESTION_MS = 150;
/** Of one small search while nobody waits. */
const MAX_WARM_UP_MS = 100;

/** Of a front's time, for the end with the most throughput. */
const WIDEST_SHARE = 0.2;

const port = parentPort;
if (port === null) throw new Error("this file is the entry of a worker thread");
const say = (message: SearchMessage) => port.postMessage(message);
let searched = false;
port.on("message", (job: SearchJob | WarmUp) => {
  if ("kind" in job) return warmUp(warmUps());
  searched = true;
  try {
    say(job.task.kind === "explain" ? explain(job, job.task.outcome) : job.task.kind === "front" ? findFront(job, job.task.quantities) : perform(job));
  } catch (error) {
    say({ kind: "failed", id: job.id, message: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  }
});

/** One after the other, so that a search that comes meanwhile waits for one at most; it warms up by itself. */
function warmUp([request, ...others]: SearchRequest[]): void {
  if (request === undefined || searched) return;
  chooseSolver(request).solve(request, { now: () => performance.now(), deadlineMs: performance.now() + MAX_WARM_UP_MS, cancelled: () => false, seed: 1 });
  setImmediate(warmUp, others);
}

/** Each question is a search of its own: with little time each, and none once the whole time is up. */
function explain({ id, request, budgetMs, seed, cancel }: SearchJob, outcome: Outcome): SearchMessage {
  const flag = new Int32Array(cancel);
  const endMs = performance.now() + budgetMs;
  const solve = (asked: SearchRequest) => {
    const nowMs = performance.now();
    return chooseSolver(asked).solve(asked, { now: () => performance.now(), deadlineMs: Math.min(endMs, nowMs + MAX_QUESTION_MS), cancelled: () => Atomics.load(flag, 0) !== 0, seed });
  };
  return { kind: "explained", id, explanation: explainOutcome(request, outcome, solve) };
}

/** The plan with the most throughput comes first: it is one end of the front, and what each next search starts from. */
function findFront({ id, request, budgetMs, seed, cancel }: SearchJob, quantities: readonly Quantity[]): SearchMessage {
  const flag = new Int32Array(cancel);
  const startMs = performance.now();
  const context = { now: () => performance.now(), deadlineMs: startMs + budgetMs, cancelled: () => Atomics.load(flag, 0) !== 0, seed };
  const { moving: _, ...asked } = request;
  const widest = { ...asked, objective: { kind: "bottleneck" } as const };
  const { stages } = chooseSolver(widest).solve(widest, { ...context, deadlineMs: startMs + budgetMs * WIDEST_SHARE });
  const plans = paretoFront({ instance: request.instance, quantities, seeds: [...(request.seeds ?? []), ...(stages ? [stages] : [])] }, solveSum, context, (found) => say({ kind: "front-grows", id, plans: found }));
  return { kind: "front", id, plans };
}

function perform({ id, request, solver: name, budgetMs, seed, cancel }: SearchJob): SearchMessage {
  const solver = name === null ? chooseSolver(request) : findSolver(name);
  if (solver === undefined) return { kind: "failed", id, message: `there is no solver ${name}` };
  const flag = new Int32Array(cancel);
  let saidAt = Number.NEGATIVE_INFINITY;
  const onProgress = (progress: Progress) => {
    const now = performance.now();
    if (now - saidAt < MIN_PROGRESS_INTERVAL_MS) return;
    saidAt = now;
    say({ kind: "progress", id, progress });
  };
  const outcome = solver.solve(request, { now: () => performance.now(), deadlineMs: performance.now() + budgetMs, cancelled: () => Atomics.load(flag, 0) !== 0, seed, onProgress });
  return { kind: "outcome", id, outcome, solver: solver.name };
}
