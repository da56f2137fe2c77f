// Owns how procedures are made and how errors leave: operational ones with their code, place and fix; anything else as "internal", with
// nothing of its text.
import { initTRPC, TRPCError } from "@trpc/server";
import type { OpenApiMeta } from "trpc-to-openapi";
import { ZodError } from "zod";
import { AppError, databaseAway, ERROR_STATUS, type ErrorCode } from "../errors.ts";
import { isDatabaseAway } from "../store/is-database-away.ts";
import type { Context } from "./context.ts";

/** As a caller reads it. */
export type PublicError = { code: ErrorCode; message: string; place: string | null; fix: string | null; details?: unknown };

const t = initTRPC
  .context<Context>()
  .meta<OpenApiMeta>()
  .create({
    errorFormatter({ shape, error, ctx }) {
      const cutplane = toPublicError(error);
      if (cutplane.code === "internal") ctx?.deps.log.error({ err: error.cause ?? error, path: shape.data.path }, "a procedure failed");
      // The stack would show the caller where the console's files lie.
      const { stack: _stack, ...data } = shape.data;
      return { ...shape, message: cutplane.message, data: { ...data, httpStatus: ERROR_STATUS[cutplane.code], cutplane } };
    },
  });

/** Operational errors carry their own HTTP status. */
const withStatus = t.middleware(async ({ next }) => {
  const result = await next();
  if (result.ok) return result;
  const cause = isDatabaseAway(result.error.cause) ? databaseAway(result.error.cause) : result.error.cause;
  if (cause instanceof AppError) throw new TRPCError({ code: TRPC_CODE[cause.code], message: cause.message, cause });
  return result;
});

export const router = t.router;
export const procedure = t.procedure.use(withStatus);

const TRPC_CODE: Record<ErrorCode, TRPCError["code"]> = {
  "bad-request": "BAD_REQUEST",
  unauthorized: "UNAUTHORIZED",
  forbidden: "FORBIDDEN",
  "not-found": "NOT_FOUND",
  conflict: "CONFLICT",
  gone: "NOT_FOUND",
  "too-large": "PAYLOAD_TOO_LARGE",
  "model-refused": "UNPROCESSABLE_CONTENT",
  infeasible: "UNPROCESSABLE_CONTENT",
  "too-many": "TOO_MANY_REQUESTS",
  cancelled: "CLIENT_CLOSED_REQUEST",
  internal: "INTERNAL_SERVER_ERROR",
  unavailable: "SERVICE_UNAVAILABLE",
  "disk-full": "SERVICE_UNAVAILABLE",
};

/** Of anything thrown, from any door. */
export function toPublicError(thrown: unknown): PublicError {
  const inner = thrown instanceof TRPCError && thrown.cause !== undefined ? thrown.cause : thrown;
  const error = isDatabaseAway(inner) ? databaseAway(inner) : inner;
  if (error instanceof AppError) {
    const { code, message, place, fix, details } = error;
    return { code, message, place, fix, ...(details === null ? {} : { details }) };
  }
  if (error instanceof ZodError) return fromZod(error, thrown);
  if (thrown instanceof TRPCError) return fromTrpc(thrown);
  return { code: "internal", message: "Something went wrong inside the console.", place: null, fix: "The console's log has the details." };
}

/** Only a bad input is the caller's; an answer that does not fit its own description is a defect. */
function fromZod(error: ZodError, thrown: unknown): PublicError {
  if (thrown instanceof TRPCError && thrown.code !== "BAD_REQUEST") return { code: "internal", message: "The console made an answer that does not fit its description.", place: null, fix: "The console's log has the details." };
  const first = error.issues[0];
  return {
    code: "bad-request",
    message: first?.message ?? "The input is not valid.",
    place: first?.path.join(".") || null,
    fix: "Look at the procedure's input at /api/docs.",
    details: { issues: error.issues.map(({ path, message, code }) => ({ path: path.join("."), message, code })) },
  };
}

function fromTrpc(error: TRPCError): PublicError {
  const own = (Object.entries(TRPC_CODE) as [ErrorCode, TRPCError["code"]][]).find(([, code]) => code === error.code)?.[0];
  if (error.code === "PARSE_ERROR" || error.code === "UNSUPPORTED_MEDIA_TYPE") return { code: "bad-request", message: "The body is not JSON.", place: "body", fix: "Send a JSON object with content-type: application/json." };
  if (error.code === "METHOD_NOT_SUPPORTED") return { code: "bad-request", message: error.message, place: null, fix: "Look at /api/docs." };
  if (own === undefined || own === "internal") return { code: "internal", message: "Something went wrong inside the console.", place: null, fix: "The console's log has the details." };
  return { code: own, message: error.message, place: null, fix: null };
}
