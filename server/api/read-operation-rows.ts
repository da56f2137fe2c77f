// Owns how operations are shown: with the name of what they work on, also once that is gone.
import type { z } from "zod";
import type { Deps } from "../commands/deps.ts";
import { readSubjectNames } from "../store/subject-names.ts";
import { listOperations, type OperationStatus } from "../store/operations.ts";
import type { operationRow } from "./schemas/operation-schemas.ts";

/** Newest first. */
export async function readOperationRows(deps: Pick<Deps, "db">, query: { status?: OperationStatus; subjectId?: string; limit: number }): Promise<z.infer<typeof operationRow>[]> {
  const operations = await listOperations(deps.db, query);
  const names = await readSubjectNames(deps.db, operations.map((operation) => operation.subjectId));
  return operations.map((operation) => ({ ...operation, subjectName: names.get(operation.subjectId) ?? null }));
}
