// Owns the error of a request that was tried: with how far it came, as far as that is known.
import type { RequestTrace } from "../protocol/control.ts";
import { WireError, type WireErrorCode } from "../protocol/wire-error.ts";

export class RequestFailed extends WireError {
  readonly trace: RequestTrace;
  constructor(code: WireErrorCode, message: string, trace: RequestTrace) {
    super(code, message);
    this.name = "RequestFailed";
    this.trace = trace;
  }
}
