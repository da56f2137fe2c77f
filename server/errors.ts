// Owns operational errors: closed codes, what the user reads, and their HTTP status. Expected outcomes (a refused plan) are values, not errors.

export const ERROR_STATUS = {
  "bad-request": 400,
  unauthorized: 401,
  forbidden: 403,
  "not-found": 404,
  conflict: 409,
  gone: 410,
  "too-large": 413,
  "model-refused": 422,
  infeasible: 422,
  "too-many": 429,
  cancelled: 499,
  internal: 500,
  unavailable: 503,
  "disk-full": 507,
} as const;
export type ErrorCode = keyof typeof ERROR_STATUS;

/** The database is away; what was asked may be asked again. */
export function databaseAway(cause: unknown): AppError {
  return new AppError("unavailable", "The console's database does not answer.", { fix: "It is tried again by itself; ask again in a moment.", cause });
}

/** What happened (`message`), where (`place`) and what to do (`fix`): all three are shown to the user, so they hold no secrets. `cause` goes to the log only. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly place: string | null;
  readonly fix: string | null;
  readonly details: unknown;
  constructor(code: ErrorCode, message: string, options: { place?: string; fix?: string; details?: unknown; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "AppError";
    this.code = code;
    this.place = options.place ?? null;
    this.fix = options.fix ?? null;
    this.details = options.details ?? null;
  }
}
