// Owns the closed set of error codes that travel between nodes. A code's number never changes; new ones are appended.

/** `retryable`: the same request may be sent again (by the ingress, within its deadline, when it holds the inputs). */
export const WIRE_ERRORS = {
  bad_frame: { number: 1, retryable: false }, too_large: { number: 2, retryable: false }, bad_version: { number: 3, retryable: false },
  not_allowed: { number: 4, retryable: false }, unknown_lane: { number: 5, retryable: true }, old_epoch: { number: 6, retryable: true },
  overloaded: { number: 7, retryable: true }, deadline: { number: 8, retryable: false }, cancelled: { number: 9, retryable: false },
  draining: { number: 10, retryable: true }, not_linked: { number: 11, retryable: true }, link_lost: { number: 12, retryable: true },
  bad_tensors: { number: 13, retryable: false }, stream_unknown: { number: 14, retryable: false },
  stream_out_of_order: { number: 15, retryable: false }, stream_limit: { number: 16, retryable: true },
  stream_lost: { number: 17, retryable: false }, run_failed: { number: 18, retryable: false }, internal: { number: 19, retryable: false },
  going_away: { number: 20, retryable: true }, no_credit: { number: 21, retryable: false }, silent: { number: 22, retryable: true },
} as const satisfies Record<string, { number: number; retryable: boolean }>;

export type WireErrorCode = keyof typeof WIRE_ERRORS;

const byNumber = new Map<number, WireErrorCode>(Object.entries(WIRE_ERRORS).map(([code, { number }]) => [number, code as WireErrorCode]));

/** The code of a number read from the wire; one this version does not know counts as `internal`. */
export function wireErrorCode(number: number): WireErrorCode {
  return byNumber.get(number) ?? "internal";
}

/** An error with a code of the set: thrown by decoders, carried by ERROR and GOAWAY frames. */
export class WireError extends Error {
  readonly code: WireErrorCode;
  constructor(code: WireErrorCode, message: string) {
    super(message);
    this.name = "WireError";
    this.code = code;
  }
}
