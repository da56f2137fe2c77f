// Owns an infer request's way between its protocol and its deployment: checked against what the model declares, run, its wanted outputs chosen.
import type { TensorSpec, WireTensor } from "../protocol/tensor.ts";
import type { InferAnswer } from "./dispatcher.ts";
import { classify, demandClasses } from "./classification.ts";
import { type AnswerTensor, BadRequest, checkInputs, type OipRequest } from "./oip.ts";
import { Refusal } from "./refusal.ts";
import { requestName, sequenceName } from "./request-name.ts";
import type { RouteRuntime } from "./route-runtime.ts";
import type { RouteVersion } from "./route-version.ts";
import type { Place } from "./shared-memory/place.ts";
import { type RequestPlaces, takePlaces, writeOutputs } from "./shared-memory/request-places.ts";
import type { GivenTrace } from "./trace-context.ts";
import type { Way } from "./way.ts";

export type Served = {
  /** In the order the client asked for. `place`: where in shared memory its bytes are. */
  outputs: (AnswerTensor & { binary: boolean; place?: Place })[];
  version: string;
  /** `replica`: where there are several. */
  parameters: { epoch: number; request_id: string; replica?: number };
  /** The answer is written: frees its memory, and counts how long writing took. */
  done(): void;
};

/** Throws Refusal when the model cannot take requests now, and counts it as one that failed. */
export function demandReady(route: RouteRuntime, version: RouteVersion | null, traceOf: () => GivenTrace | null): void {
  if (version ? version.ready : route.route.currentEpoch !== null) return;
  const refusal = new Refusal(503, "not_ready", version?.problem ?? route.notReadyBecause(), 1);
  route.countRefused(refusal, { version, trace: traceOf(), receivedAt: performance.now() });
  throw refusal;
}

/** Rejects with Refusal, BadRequest or WireError. `receivedAt` and times: `performance.now()` clock. */
export async function serveInfer(route: RouteRuntime, version: RouteVersion | null, request: OipRequest, way: Way): Promise<Served> {
  demandDeclared(route, request);
  const taking = takePlaces(route, version, request, way);
  if (taking === null) return runInfer(route, version, request, way, null);
  const places = await taking;
  try {
    return await runInfer(route, version, { ...request, tensors: places.tensors }, way, places);
  } finally {
    places.release();
  }
}

/** Throws BadRequest for what the model does not take or give, Refusal for what is not known yet. */
function demandDeclared(route: RouteRuntime, request: OipRequest): void {
  const { route: declared } = route;
  checkInputs(request.tensors, declared.inputs, new Set(declared.states.map((state) => state.input)));
  for (const { name, classes } of request.outputs ?? []) {
    const output = declared.outputs.find((one) => one.name === name);
    if (classes !== null && output) demandClassesOf(route, output);
    if (!output) throw new BadRequest(`the model has no output "${name}"; it has ${declared.outputs.map((output) => `"${output.name}"`).join(", ")}`);
  }
}

async function runInfer(route: RouteRuntime, version: RouteVersion | null, request: OipRequest, { signal, deadlineMs, beganAt, receivedAt, access, idempotencyKey, trace }: Way, places: RequestPlaces<unknown> | null): Promise<Served> {
  // To a model that keeps nothing from one request to the next it says nothing, as with Triton: such requests go wherever others go, and together with them.
  const sequence = request.sequence && route.route.states.length > 0 ? { ...request.sequence, id: sequenceName(request.sequence.id, access) } : null;
  const answer = await route.infer(request.tensors, { deadlineMs: request.timeoutMs ?? deadlineMs, signal, sequence, priority: request.priority, version, receivedAt, trace, name: requestName(idempotencyKey, request.id, request.idempotent, access) });
  try {
    const answeredAt = performance.now();
    const outputs = chosen(route, answer, request);
    if (places) await writeOutputs(outputs, places.outputs);
    const versionName = route.versionOf(answer.epoch);
    return {
      outputs, version: versionName, parameters: { epoch: answer.epoch, request_id: answer.trace.requestId, ...(answer.trace.replica === undefined ? {} : { replica: answer.trace.replica }) },
      done() {
        route.statisticsOf(versionName).wrote(performance.now() - answeredAt, receivedAt - beganAt);
        answer.release();
      },
    };
  } catch (error) {
    answer.release();
    throw error;
  }
}

const wanted = ({ name, dataType, shape, data }: WireTensor, binary: boolean) => ({ name, dataType, shape, data, binary });

/** Throws BadRequest where it has none, Refusal while what it has for labels is not known: an answer's form does not depend on when it is asked for. */
function demandClassesOf({ route, processor }: RouteRuntime, output: TensorSpec): void {
  demandClasses(output);
  if (route.processor && !processor.ready) throw new Refusal(503, "not_ready", `the labels of "${output.name}" are not known: ${processor.notReadyBecause}`, 1);
}

function chosen(route: RouteRuntime, answer: InferAnswer, request: OipRequest): Served["outputs"] {
  if (request.outputs === null) return answer.outputs.map((tensor) => wanted(tensor, request.binaryByDefault));
  return request.outputs.map(({ name, binary, classes }) => {
    const tensor = answer.outputs.find((output) => output.name === name);
    if (!tensor) throw new BadRequest(`output "${name}" is state that lives on the stages`);
    if (classes === null) return wanted(tensor, binary);
    const { labels } = route.processor;
    return { ...classify(tensor, { count: classes, first: route.batching.maxSize > 0, labels: labels?.output === name ? labels.labels : null }), binary };
  });
}
