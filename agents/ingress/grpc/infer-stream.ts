// Owns one ModelStreamInfer: requests run side by side, answers keep the order of their requests, and a client that does not read is not read from either.
// Models here answer once, so that every answer is the request's final one: what a client may ask for beside it (an empty final response) never comes,
// as with Triton's models that are not decoupled.
import { type ServerDuplexStream, status } from "@grpc/grpc-js";
import { ClientGone, type Gone } from "../gone.ts";
import { type Refusal, refusalOf } from "../refusal.ts";
import type { ModelInferRequest } from "./infer-message.ts";
import { Malformed } from "./inference-messages.ts";

/** Requests of one stream under way; then it is not read until one is answered and the answer has room. */
const MAX_STREAM_REQUESTS = 64;
/** A client that has taken nothing for so long gets no more answers: what waits for it is let go. */
const MAX_UNREAD_MS = 60_000;
const FINAL = { triton_final_response: { bool_param: true } };

export type InferCall = ServerDuplexStream<ModelInferRequest, object>;
/** `parameters` may be added to. */
export type StreamAnswer = { response: { parameters: object }; done(): void };
export type InferStream = { /** Takes no more requests, and ends with `refusal` once those it took are answered. */ end(refusal: Refusal): void };

/** `infer` is called once for each request, `encode` gives an answer's bytes. */
export function serveInferStream(call: InferCall, infer: (message: ModelInferRequest | Malformed, signal: Gone) => Promise<StreamAnswer>, encode: (answer: object) => Buffer): InferStream {
  let last: Promise<void> = Promise.resolve();
  let running = 0;
  let ended = false;
  /** One each, so that what is answered leaves nothing on a stream that goes on for days. */
  const aborts = new Set<ClientGone>();
  const giveUp = () => { ended = true; for (const abort of aborts) abort.abort(); };
  const failed = (code: status, details: string) => call.emit("error", { code, details });

  const answer = async (message: ModelInferRequest | Malformed, answered: Promise<StreamAnswer | Refusal>): Promise<void> => {
    const settled = await answered;
    // Written as bytes: what waits to be read holds none of the tensors' own memory.
    const bytes = "done" in settled ? encode({ infer_response: { ...settled.response, parameters: { ...settled.response.parameters, ...FINAL } } }) : encode(refusedAnswer(message, settled));
    if ("done" in settled) settled.done();
    if (call.cancelled || (await written(call, bytes)) || call.cancelled || call.writableEnded) return;
    giveUp();
    failed(status.RESOURCE_EXHAUSTED, `no answer was read for ${MAX_UNREAD_MS / 1000} s`);
  };

  call.on("cancelled", giveUp);
  call.on("error", () => undefined);
  call.on("data", (message: ModelInferRequest | Malformed) => {
    if (ended) return;
    const abort = new ClientGone();
    aborts.add(abort);
    const answered = infer(message, abort).catch((error: Error) => refusalOf(error)).finally(() => aborts.delete(abort));
    if (++running >= MAX_STREAM_REQUESTS) call.pause();
    last = last.then(() => answer(message, answered)).finally(() => { if (running-- >= MAX_STREAM_REQUESTS && !ended) call.resume(); });
  });
  call.on("end", () => { void last.then(() => { if (!call.writableEnded) call.end(); }); });
  return {
    end(refusal) {
      if (ended) return;
      ended = true;
      call.pause();
      void last.then(() => { if (!call.writableEnded) failed(status.UNAVAILABLE, refusal.message); });
    },
  };
}

/** As Triton tells it: the words in the answer, the stream goes on. */
function refusedAnswer(message: ModelInferRequest | Malformed, refusal: Refusal): object {
  return { error_message: refusal.message, infer_response: message instanceof Malformed ? {} : { id: message.id, model_name: message.model_name, model_version: message.model_version, parameters: FINAL } };
}

/** True = there is room for another answer; false = the client is gone, or has read nothing for too long. */
function written(call: InferCall, bytes: Buffer): Promise<boolean> {
  if (call.writableEnded) return Promise.resolve(false);
  if (call.write(bytes)) return Promise.resolve(true);
  return new Promise((resolve) => {
    const end = (hasRoom: boolean) => {
      clearTimeout(timer);
      call.off("drain", drained);
      call.off("cancelled", gone);
      resolve(hasRoom);
    };
    const drained = () => end(true);
    const gone = () => end(false);
    const timer = setTimeout(gone, MAX_UNREAD_MS);
    call.on("drain", drained);
    call.on("cancelled", gone);
  });
}
