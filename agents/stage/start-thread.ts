// Owns starting a worker thread from a file that lies beside another one: built (.mjs) or as source (.ts, where the thread must first learn
// to read TypeScript, because Node 20 does not pass its loaders on).
import { Worker } from "node:worker_threads";

/** `name` without extension, beside `from` (an `import.meta.url`). */
export function startThread(name: string, from: string, workerData: unknown): Worker {
  const extension = from.slice(from.lastIndexOf("."));
  return startThreadOf(new URL(`./${name}${extension}`, from), workerData);
}

export function startThreadOf(file: URL, workerData: unknown): Worker {
  if (!file.pathname.endsWith(".ts")) return new Worker(file, { workerData });
  const code = `import("tsx/esm/api").then(({ register }) => { register(); return import(${JSON.stringify(file.href)}); })`;
  return new Worker(code, { eval: true, workerData, execArgv: [] });
}
