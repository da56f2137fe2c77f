// Owns why a request is not answered, and what that is as an HTTP status; gRPC's codes are made of the same.
import { WireError, type WireErrorCode } from "../protocol/wire-error.ts";
import { BadRequest } from "./oip.ts";
import { ProcessorRefusal } from "./processor-runner.ts";

/** An answer that is not 200. `code` is for programs, the message for people. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly retryAfterSeconds: number | null;
  constructor(status: number, code: string, message: string, retryAfterSeconds: number | null = null) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** For what its key has asked before: counted with the key's limits. */
export class KeyRefusal extends Refusal {}

const STATUS_OF: Partial<Record<WireErrorCode, number>> = {
  too_large: 413, not_allowed: 502, overloaded: 429, deadline: 504, cancelled: 499, bad_tensors: 400, stream_unknown: 409, stream_out_of_order: 409,
  stream_limit: 429, stream_lost: 409, unknown_lane: 503, old_epoch: 503, draining: 503, not_linked: 503, link_lost: 503, going_away: 503, silent: 503,
};

/** The request is wrong, however often it comes: neither is there no room for it now, nor did anything fail or end that had taken it. */
export function isSendersMistake(error: Error): boolean {
  if (error instanceof WireError) return false;
  const { status } = refusalOf(error);
  return status < 500 && status !== 429;
}

/** Of any thrown value; what nobody foresaw becomes 500 without its words. */
export function refusalOf(error: Error): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof BadRequest) return new Refusal(400, "bad_request", error.message);
  if (error instanceof ProcessorRefusal) return new Refusal(error.status, "processor", error.message, error.status === 503 || error.status === 429 ? 1 : null);
  if (!(error instanceof WireError)) return new Refusal(500, "internal", "the ingress failed to serve this request");
  const status = STATUS_OF[error.code] ?? 500;
  return new Refusal(status, error.code, error.message, status === 503 || status === 429 ? 1 : null);
}
