// Owns one raw request's way: body → processor → tensors → pipeline, step by step → processor → JSON.
import type { ProcessorTimes } from "../protocol/control.ts";
import type { WireTensor } from "../protocol/tensor.ts";
import { WireError } from "../protocol/wire-error.ts";
import type { Gone } from "./gone.ts";
import { ProcessorRefusal } from "./processor-runner.ts";
import type { GivenTrace } from "./trace-context.ts";
import type { RouteAnswer, RouteRuntime } from "./route-runtime.ts";
import type { RouteVersion } from "./route-version.ts";

/** Steps sent and not yet answered: keeps every stage busy without filling the queues with one client's audio. */
const STEPS_AHEAD = 8;
/** Steps of one request; 30 minutes of audio in 32 ms windows is 56,250. */
const MAX_STEPS = 65_536;

export type RawRequest = {
  contentType: string; body: Uint8Array; signal: Gone; deadlineMs: number | null; trace?: GivenTrace | null;
  /** When its last byte was here, `performance.now()`. */
  receivedAt: number;
  /** As of a request that may come again, see request-name.ts. */
  name?: string | null;
  /** As in `InferOptions`; of what runs in many steps they say nothing. */
  version?: RouteVersion | null; priority?: number;
};
/** `json`: the processor's answer. `epoch`, `requestId`, `replica`: of the last step. `handedOver`: to be called once when the answer was handed to the socket, which ends the request's latency. */
export type Processed = { json: string; epoch: number; requestId: string; replica?: number; handedOver(): void };
let nextSequence = 1;

/** Rejects with ProcessorRefusal or WireError. */
export async function processRequest(route: RouteRuntime, { contentType, body, signal, deadlineMs, receivedAt, ...options }: RawRequest): Promise<Processed> {
  if (!route.route.processor) throw new ProcessorRefusal(`model "${route.route.modelName}" declares no processor: send tensors to /infer`, 404);
  if (!route.processor.ready) throw new ProcessorRefusal(route.processor.notReadyBecause, 503);
  const { limits } = route.route;
  const deadlineAt = performance.now() + Math.min(deadlineMs ?? limits.defaultDeadlineMs, limits.maxDeadlineMs);
  const readMs = performance.now() - receivedAt;
  const { ticket, steps, times: pre } = await route.processor.encode(contentType, body);
  const answers: RouteAnswer[] = [];
  let post: ProcessorTimes | null = null;
  try {
    if (steps.length === 0 || steps.length > MAX_STEPS) throw new ProcessorRefusal(`the input makes ${steps.length} steps, 1 to ${MAX_STEPS} are possible`, 400);
    answers.push(...(await runSteps(route, steps, { deadlineAt, signal, pre, receivedAt, ...options })));
    const { json, times } = await route.processor.decode(ticket, answers.map((answer) => answer.outputs));
    post = times;
    const last = answers.at(-1)!;
    const { epoch, trace: { requestId, replica } } = last;
    route.statisticsOf(route.versionOf(epoch)).processed({ pre, post, readMs });
    return { json, epoch, requestId, ...(replica === undefined ? {} : { replica }), handedOver: () => last.handedOver?.() };
  } catch (error) {
    route.processor.forget(ticket);
    throw error;
  } finally {
    for (const answer of answers) { answer.tell?.(post); answer.release(); }
  }
}

type Steps = Omit<RawRequest, "contentType" | "body" | "deadlineMs"> & { deadlineAt: number; pre: ProcessorTimes };

async function runSteps(route: RouteRuntime, steps: WireTensor[][], { deadlineAt, signal, pre, receivedAt, name = null, trace = null, version = null, priority = 0 }: Steps): Promise<RouteAnswer[]> {
  const answers: RouteAnswer[] = new Array(steps.length);
  const sequenceId = `process:${nextSequence++}`;
  const one = async (index: number): Promise<void> => {
    const remainingMs = deadlineAt - performance.now();
    if (remainingMs <= 0) throw new WireError("deadline", `${index} of ${steps.length} steps were done at the deadline`);
    const sequence = steps.length === 1 ? null : { id: sequenceId, start: index === 0, end: index === steps.length - 1 };
    const processor = { pre: index === 0 ? pre : null, isLast: index === steps.length - 1, receivedAt };
    answers[index] = await route.infer(steps[index]!, { deadlineMs: remainingMs, signal, sequence, name: sequence ? null : name, trace, version, priority, processor });
  };
  const running = new Set<Promise<void>>();
  try {
    for (let index = 0; index < steps.length; index++) {
      const step = one(index).finally(() => running.delete(step));
      running.add(step);
      if (running.size >= STEPS_AHEAD) await Promise.race(running);
    }
    await Promise.all(running);
    return answers;
  } catch (error) {
    await Promise.allSettled(running);
    for (const answer of answers) { answer?.tell?.(null); answer?.release(); }
    throw error;
  }
}
