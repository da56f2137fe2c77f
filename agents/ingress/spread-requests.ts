// Owns where one request goes while a revision is tried beside the current one. Decided for each request before it is joined with others, so that a
// share of the requests is one of the requests, however many run together.
import { ANYWHERE, type Destination } from "./batcher.ts";
import type { Canary, TriedAnswer } from "./canary.ts";
import type { InferAnswer } from "./dispatcher.ts";
import type { PipelineRuntime } from "./pipeline-runtime.ts";

export type Spread<T> = {
  canary: Canary;
  /** By the version that it names; anywhere, where it names none. */
  wanted: Destination;
  /** The revision has taken over, and is watched. */
  serves: boolean;
  /** Its run is not all of it: how long it took is told later. */
  goesOn: boolean;
  /** Of the revision that is tried, the pipeline that is least loaded; null = none is linked. */
  tried: PipelineRuntime | null;
  /** Copies would hold nobody up. */
  hasRoom(): boolean;
  run(to: Destination): Promise<T>;
  /** Runs a copy there, alone. */
  copy(pipeline: PipelineRuntime): Promise<InferAnswer>;
};

export function spreadRequest<T extends TriedAnswer>({ canary, wanted, goesOn, serves, tried, hasRoom, run, copy }: Spread<T>): Promise<T> {
  if (wanted.epoch !== null) return wanted.epoch === canary.epoch ? canary.counted(() => run(wanted), goesOn) : run(wanted);
  // Whatever becomes of it: where its pipelines are not linked, too.
  if (serves) return canary.counted(() => run(ANYWHERE), goesOn);
  if (!tried?.linked) return run(ANYWHERE);
  if (canary.takes()) return canary.counted(() => run({ epoch: null, isTried: true }), goesOn);
  const answered = run(ANYWHERE);
  if (!canary.shadows(hasRoom())) return answered;
  return answered.then((answer) => {
    void canary.shadow(answer.outputs, () => copy(tried));
    return answer;
  });
}
