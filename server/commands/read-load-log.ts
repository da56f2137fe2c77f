// Owns where a load run's logs lie, and reading one.
import { readFile, stat } from "node:fs/promises";
import path from "node:path";
import { AppError } from "../errors.ts";
import type { Deps } from "./deps.ts";

export const LOAD_LOGS = ["mlperf_log_summary.txt", "mlperf_log_detail.txt", "mlperf_log_accuracy.json", "mlperf_log_trace.json"] as const;
/** A trace has two lines a sample; ten minutes at a high rate are more than an answer should hold. */
const MAX_LOG_BYTES = 64 * 2 ** 20;

export function loadRunFolder(dataFolder: string, runId: string): string {
  return path.join(dataFolder, "load-runs", runId);
}

/** `runId` of a row: it names a folder. @throws AppError not-found, too-large */
export async function readLoadLog(deps: Deps, runId: string, name: (typeof LOAD_LOGS)[number]): Promise<string> {
  const file = path.join(loadRunFolder(deps.dataFolder, runId), name);
  const found = await stat(file).catch(() => null);
  if (!found) throw new AppError("not-found", `The log ${name} of this run is gone.`, { place: file, fix: "Measure again." });
  if (found.size > MAX_LOG_BYTES) throw new AppError("too-large", `${name} has ${found.size} bytes, more than an answer may hold.`, { place: file, fix: "Take it from the console's data folder." });
  return readFile(file, "utf8");
}
