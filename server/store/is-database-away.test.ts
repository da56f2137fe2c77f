import { expect, test } from "vitest";
import { isDatabaseAway } from "./is-database-away.ts";

test("a session that PostgreSQL ended, as Prisma's adapter tells it", () => {
  const ended = Object.assign(new Error("Database error. Code: `57P01`. Message: `terminating connection due to administrator command`"), { code: "P2039", meta: { driverAdapterError: { cause: { originalCode: "57P01", kind: "postgres" } } } });
  expect(isDatabaseAway(ended)).toBe(true);
});

test("what is wrong with the question itself is no absence", () => {
  expect(isDatabaseAway(Object.assign(new Error("Unique constraint failed"), { code: "P2002", meta: { driverAdapterError: { cause: { originalCode: "23505" } } } }))).toBe(false);
  expect(isDatabaseAway(null)).toBe(false);
});
