// Owns what goes wrong in a processor: a bad declaration (found when it is loaded) or a bad input (found at a request).

/** `option` = the declaration must change; `input` = the sender must send something else; `output` = the model answered something its declaration does not fit. */
export type ProcessorErrorCode = "option" | "input" | "unsupported-media-type" | "too-large" | "output";

export class ProcessorError extends Error {
  readonly code: ProcessorErrorCode;
  constructor(code: ProcessorErrorCode, message: string, options: { cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "ProcessorError";
    this.code = code;
  }
  /** HTTP status of a request that ends this way. */
  get status(): number {
    if (this.code === "input") return 400;
    if (this.code === "unsupported-media-type") return 415;
    return this.code === "too-large" ? 413 : 500;
  }
}
