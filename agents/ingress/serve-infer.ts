// Owns an infer request's way between its protocol and its deployment: checked against what the model declares, run, its wanted outputs chosen.
import type { WireTensor } from "../protocol/tensor.ts";
import type { InferAnswer } from "./dispatcher.ts";
import type { Access } from "./find-model.ts";
import type { Gone } from "./gone.ts";
import { type AnswerTensor, BadRequest, checkInputs, type OipRequest } from "./oip.ts";
import { Refusal } from "./refusal.ts";
import { requestName, sequenceName } from "./request-name.ts";
import type { GivenTrace } from "./trace-context.ts";
import type { RouteRuntime } from "./route-runtime.ts";
import type { RouteVersion } from "./route-version.ts";

export type Served = {
  /** In the order the client asked for. */
  outputs: (AnswerTensor & { binary: boolean })[];
  version: string;
  /** `replica`: where there are several. */
  parameters: { epoch: number; request_id: string; replica?: number };
  /** The answer is written: frees its memory, and counts how long writing took. */
  done(): void;
};
export type Way = { signal: Gone; deadlineMs: number | null; receivedAt: number; access: Access; /** Header or metadata of this name. */ idempotencyKey: string | undefined; trace: GivenTrace | null };

/** Throws Refusal when the model cannot take requests now. */
export function demandReady(route: RouteRuntime, version: RouteVersion | null): void {
  if (version ? !version.ready : route.route.currentEpoch === null) throw new Refusal(503, "not_ready", version?.problem ?? route.notReadyBecause(), 1);
}

/** Rejects with Refusal, BadRequest or WireError. `receivedAt` and times: `performance.now()` clock. */
export async function serveInfer(route: RouteRuntime, version: RouteVersion | null, request: OipRequest, { signal, deadlineMs, receivedAt, access, idempotencyKey, trace }: Way): Promise<Served> {
  const { route: declared } = route;
  checkInputs(request.tensors, declared.inputs, new Set(declared.states.map((state) => state.input)));
  for (const { name } of request.outputs ?? []) {
    if (!declared.outputs.some((output) => output.name === name)) throw new BadRequest(`the model has no output "${name}"; it has ${declared.outputs.map((output) => `"${output.name}"`).join(", ")}`);
  }
  const answer = await route.infer(request.tensors, { deadlineMs: request.timeoutMs ?? deadlineMs, signal, sequence: request.sequence && { ...request.sequence, id: sequenceName(request.sequence.id, access) }, priority: request.priority, version, receivedAt, trace, name: requestName(idempotencyKey, request.id, request.idempotent, access) });
  try {
    const outputs = chosen(answer, request);
    const answeredAt = performance.now();
    const versionName = route.versionOf(answer.epoch);
    return {
      outputs, version: versionName, parameters: { epoch: answer.epoch, request_id: answer.trace.requestId, ...(answer.trace.replica === undefined ? {} : { replica: answer.trace.replica }) },
      done() {
        route.statisticsOf(versionName).wrote(performance.now() - answeredAt);
        answer.release();
      },
    };
  } catch (error) {
    answer.release();
    throw error;
  }
}

const wanted = ({ name, dataType, shape, data }: WireTensor, binary: boolean) => ({ name, dataType, shape, data, binary });

function chosen(answer: InferAnswer, request: OipRequest): Served["outputs"] {
  if (request.outputs === null) return answer.outputs.map((tensor) => wanted(tensor, request.binaryByDefault));
  return request.outputs.map(({ name, binary }) => {
    const tensor = answer.outputs.find((output) => output.name === name);
    if (!tensor) throw new BadRequest(`output "${name}" is state that lives on the stages`);
    return wanted(tensor, binary);
  });
}
