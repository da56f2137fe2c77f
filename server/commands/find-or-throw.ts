// Owns one wording for what does not exist.
import { AppError } from "../errors.ts";

/** @throws AppError not-found, with what it is and its id. */
export async function findOrThrow<T>(found: Promise<T | null>, what: string, id: string): Promise<T> {
  const value = await found;
  if (value === null) throw new AppError("not-found", `There is no ${what} ${id}.`, { place: id, fix: "It may have been deleted. List what there is and take an id from there." });
  return value;
}
