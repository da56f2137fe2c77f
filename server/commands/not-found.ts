import { AppError } from "../errors.ts";

/** One wording for what does not exist. `place` names the field of the request it came in; the id itself where there is none. */
export const notFound = (what: string, id: string, place = id): AppError => new AppError("not-found", `There is no ${what} ${id}.`, { place, fix: "It may have been deleted. List what there is and take an id from there." });
