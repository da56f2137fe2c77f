import { notFound } from "./not-found.ts";

/** @throws AppError not-found, with what it is and its id. */
export async function findOrThrow<T>(found: Promise<T | null>, what: string, id: string): Promise<T> {
  const value = await found;
  if (value === null) throw notFound(what, id);
  return value;
}
