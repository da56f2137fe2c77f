/** Codes of Prisma and of PostgreSQL that say "not there right now": unreachable, timed out, closed, no connection free, shutting down, starting up. */
const CODES = ["P1001", "P1002", "P1008", "P1017", "P2024", "ECONNREFUSED", "57P01", "57P03"];

/** Whether an error of a query means that the database does not answer: nothing is wrong with what was asked. */
export function isDatabaseAway(error: unknown): boolean {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  return (typeof code === "string" && CODES.includes(code)) || (typeof message === "string" && /connection terminated|ECONNREFUSED|Can't reach database/i.test(message));
}
