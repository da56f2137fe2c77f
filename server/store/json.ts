// Owns the one crossing between the core's JSON-serialisable types and Prisma's JSON columns.
import type { Prisma } from "../../prisma/generated/client.ts";

/** A domain value as a JSON column's content. The value must be JSON-serialisable: fields that are `undefined` vanish. */
export function toJson(value: unknown): Prisma.InputJsonValue {
  return value as Prisma.InputJsonValue;
}

/** A JSON column's content as the domain type its comment in the schema names. Rows are written by us alone, so the type is trusted. */
export function fromJson<T>(value: Prisma.JsonValue): T {
  return value as T;
}
