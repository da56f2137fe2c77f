/** Codes of Prisma and of PostgreSQL that say "not there right now": unreachable, timed out, closed, no connection free, shutting down, starting up. */
const CODES = ["P1001", "P1002", "P1008", "P1017", "P2024", "ECONNREFUSED", "57P01", "57P03"];

/** Whether an error of a query means that the database does not answer: nothing is wrong with what was asked. */
export function isDatabaseAway(error: unknown): boolean {
  const { code, message, meta } = (error ?? {}) as { code?: unknown; message?: unknown; meta?: { driverAdapterError?: { cause?: { originalCode?: unknown } } } };
  // PostgreSQL's own code is kept inside where Prisma has none for it: a session that was ended, say.
  const codes = [code, meta?.driverAdapterError?.cause?.originalCode];
  return codes.some((one) => typeof one === "string" && CODES.includes(one)) || (typeof message === "string" && /connection terminated|ECONNREFUSED|Can't reach database/i.test(message));
}
