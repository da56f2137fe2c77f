// Owns an infer request's way to a model's processor and back: its one BYTES element is what `/process` takes, its outputs what `/process` answers.
import { type AnswerOutput, answerOutputs } from "../processor/answer-outputs.ts";
import type { WireTensor } from "../protocol/tensor.ts";
import { textsTensor } from "./bytes-tensor.ts";
import { classify, demandClasses } from "./classification.ts";
import { type AnswerTensor, BadRequest, type BytesTensor, type OipRequest } from "./oip.ts";
import { PROCESS_ANSWER, PROCESS_INPUT, processOutputs } from "./process-model.ts";
import { processRequest } from "./process-request.ts";
import { Refusal } from "./refusal.ts";
import { requestName } from "./request-name.ts";
import type { RouteRuntime } from "./route-runtime.ts";
import type { RouteVersion } from "./route-version.ts";
import type { Served } from "./serve-infer.ts";
import { type RequestPlaces, takePlaces, writeOutputs } from "./shared-memory/request-places.ts";
import type { Way } from "./way.ts";

/** Rejects with Refusal, BadRequest, ProcessorRefusal or WireError. */
export async function serveProcess(route: RouteRuntime, version: RouteVersion | null, request: OipRequest<BytesTensor>, way: Way): Promise<Served> {
  const places = await takePlaces(route, version, request, way);
  try {
    return await runProcess(route, version, places ? { ...request, tensors: places.tensors } : request, way, places);
  } finally {
    places?.release();
  }
}

async function runProcess(route: RouteRuntime, version: RouteVersion | null, request: OipRequest<BytesTensor>, { signal, deadlineMs, beganAt, receivedAt, access, idempotencyKey, trace }: Way, places: RequestPlaces<BytesTensor> | null): Promise<Served> {
  const element = onlyElement(request.tensors);
  const { maxRequestBytes } = route.route.limits;
  // Over gRPC a message may be as large as the largest of the deployments here takes.
  if (element.length > maxRequestBytes) throw new Refusal(413, "too_large", `input "${PROCESS_INPUT}" may have at most ${maxRequestBytes} bytes`);
  if (request.sequence) throw new BadRequest("a processor makes its own sequences: leave sequence_id out");
  const declared = processOutputs(route).map(({ name }) => name);
  const wished = request.outputs ?? declared.map((name) => ({ name, binary: request.binaryByDefault, classes: null, place: null }));
  const strange = wished.find(({ name }) => !declared.includes(name));
  if (strange) throw new BadRequest(`the model has no output "${strange.name}"; it has ${declared.map((name) => `"${name}"`).join(", ")}`);
  const kinds = answerOutputs(route.route.processor?.kind ?? "");
  for (const { name, classes } of wished) if (classes !== null) demandClasses({ name, dataType: kinds.find((kind) => kind.name === name)?.dataType ?? "bytes" });
  const processed = await processRequest(route, {
    // Copied, because a view would take all of its message along to the processor's thread.
    contentType: "", body: new Uint8Array(element), signal, deadlineMs: request.timeoutMs ?? deadlineMs, receivedAt, version, priority: request.priority, trace,
    name: requestName(idempotencyKey, request.id, request.idempotent, access),
  });
  const answeredAt = performance.now();
  const { json, epoch, requestId, replica, handedOver } = processed;
  const versionName = route.versionOf(epoch);
  const outputs = tensorsOf(kinds, json, wished);
  if (places) await writeOutputs(outputs, places.outputs);
  return {
    outputs, version: versionName,
    parameters: { epoch, request_id: requestId, ...(replica === undefined ? {} : { replica }) },
    done() {
      handedOver();
      route.statisticsOf(versionName).wrote(performance.now() - answeredAt, receivedAt - beganAt);
    },
  };
}

/** Throws BadRequest. */
function onlyElement([tensor, ...others]: BytesTensor[]): Uint8Array {
  const strange = [tensor, ...others].find((one) => one?.name !== PROCESS_INPUT);
  if (strange) throw new BadRequest(`the model has no input "${strange.name}"; it has "${PROCESS_INPUT}"`);
  if (others.length > 0) throw new BadRequest(`input "${PROCESS_INPUT}" appears twice`);
  const { shape, elements } = tensor!;
  if (shape.length !== 1 || shape[0] !== 1) throw new BadRequest(`input "${PROCESS_INPUT}" has shape [${shape.join(", ")}], the model takes [1]`);
  return elements[0]!;
}

function tensorsOf(kinds: AnswerOutput[], json: string, wished: NonNullable<OipRequest["outputs"]>): Served["outputs"] {
  const answer = wished.some(({ name }) => name !== PROCESS_ANSWER) ? (JSON.parse(json) as never) : null;
  const one = (name: string, classes: number | null): AnswerTensor => {
    const output = kinds.find((kind) => kind.name === name);
    if (!output) return texts(name, [json]);
    if (output.dataType === "bytes") return texts(name, output.of(answer!));
    const values = Float32Array.from(output.of(answer!));
    const tensor: WireTensor = { name, dataType: "float32", shape: [values.length], data: new Uint8Array(values.buffer) };
    return classes === null ? tensor : classify(tensor, { count: classes, first: false, labels: null });
  };
  return wished.map(({ name, binary, classes }) => ({ ...one(name, classes), binary }));
}

const texts = (name: string, list: string[]): BytesTensor => textsTensor(name, [list.length], list);
