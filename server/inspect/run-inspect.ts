// Owns the inspecting child process: starts it, watches its memory and time, ends it on cancel. One job a process.
import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { freemem } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import { ModelRefusal } from "../model/model-refusal.ts";
import type { InspectJob, InspectResult } from "./jobs.ts";

/** Loading and shape inference of the largest models takes some seconds; a hostile one must not take minutes. */
const DEFAULT_TIMEOUT_MS = 120_000;
/** Besides what the job needs for weights. */
const BASE_MEMORY_BYTES = 1024 * 1024 * 1024;
const WATCH_INTERVAL_MS = 150;

export type InspectLimits = { weightBytes: number; timeoutMs?: number; signal?: AbortSignal };

/** Errors: ModelRefusal (runtime-refused, runtime-crashed, runtime-timeout, runtime-memory, cancelled). */
export function runInspect<Kind extends InspectJob["kind"]>(job: InspectJob & { kind: Kind }, limits: InspectLimits): Promise<Extract<InspectResult, { ok: true; kind: Kind }>> {
  return new Promise((resolve, reject) => {
    if (limits.signal?.aborted === true) return reject(cancelled());
    const child = start();
    const maxBytes = Math.min(BASE_MEMORY_BYTES + 4 * limits.weightBytes, Math.max(BASE_MEMORY_BYTES, freemem()));
    let outcome: ModelRefusal | null = null;
    let errors = "";
    const end = (refusal: ModelRefusal) => {
      outcome ??= refusal;
      child.kill("SIGKILL");
    };
    const abort = () => end(cancelled());
    const timer = setTimeout(() => end(tooSlow(job)), limits.timeoutMs ?? DEFAULT_TIMEOUT_MS);
    const watch = setInterval(() => {
      if (residentBytes(child) > maxBytes) end(tooLarge(job, maxBytes));
    }, WATCH_INTERVAL_MS);
    limits.signal?.addEventListener("abort", abort, { once: true });
    let result: InspectResult | null = null;
    child.stderr?.on("data", (chunk: Buffer) => { if (errors.length < 4000) errors += chunk.toString(); });
    child.on("message", (message: InspectResult | "ready") => {
      if (message === "ready") child.send(job);
      else result = message;
    });
    child.on("error", (error) => end(new ModelRefusal("io", `The inspecting process did not start: ${error.message}`)));
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      clearInterval(watch);
      limits.signal?.removeEventListener("abort", abort);
      if (outcome !== null) return reject(outcome);
      if (result === null) return reject(crashed(job, code, signal, errors));
      if (!result.ok && job.kind === "sample") return reject(new ModelRefusal("io", `The sample could not be read: ${result.message.slice(0, 500)}`));
      if (!result.ok) return reject(new ModelRefusal("runtime-refused", `ONNX Runtime refuses the model: ${result.message.slice(0, 500)}`, { place: placeIn(result.message), fix: "Check that the model runs in ONNX Runtime as it is." }));
      resolve(result as Extract<InspectResult, { ok: true; kind: Kind }>);
    });
  });
}

/** Built: dist/inspect.mjs beside the server's bundle. From source: this folder's inspect.ts under tsx. */
function start(): ChildProcess {
  const fromSource = import.meta.url.endsWith(".ts");
  const entry = fileURLToPath(new URL(fromSource ? "./inspect.ts" : "./inspect.mjs", import.meta.url));
  const flags = fromSource ? ["--import", pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href] : [];
  // Only what Node and the temporary folder need: the server's settings and secrets are none of a hostile model's business.
  const env = Object.fromEntries(["PATH", "HOME", "TMPDIR", "LD_LIBRARY_PATH"].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
  return spawn(process.execPath, [...flags, entry], { stdio: ["ignore", "ignore", "pipe", "ipc"], serialization: "advanced", env: { ...env, ORT_DISABLE_TELEMETRY: "1" } as unknown as NodeJS.ProcessEnv });
}

function cancelled(): ModelRefusal {
  return new ModelRefusal("cancelled", "The work on this model was cancelled.");
}

function tooSlow(job: InspectJob): ModelRefusal {
  if (job.kind === "sample") return new ModelRefusal("runtime-timeout", "The sample was not read in time.", { fix: "Use a smaller one." });
  return new ModelRefusal("runtime-timeout", "ONNX Runtime did not finish with this model in time.", { fix: "Simplify the model, or try again when the machine is idle." });
}

function tooLarge(job: InspectJob, maxBytes: number): ModelRefusal {
  const limit = `${Math.round(maxBytes / 1024 / 1024)} MiB`;
  if (job.kind === "sample") return new ModelRefusal("runtime-memory", `Reading the sample needed more than ${limit}.`, { fix: "Use a smaller one." });
  return new ModelRefusal("runtime-memory", `ONNX Runtime needed more than ${limit} for this model.`, { fix: "Import it on a machine with more memory." });
}

function crashed(job: InspectJob, code: number | null, signal: string | null, errors: string): ModelRefusal {
  const last = errors.trim().split("\n").at(-1)?.slice(0, 300) ?? "";
  if (job.kind === "sample") return new ModelRefusal("runtime-crashed", `The process that reads samples died on this one (${signal ?? `exit ${code}`}).`, { fix: "Use another file." });
  return new ModelRefusal("runtime-crashed", `ONNX Runtime crashed on this model (${signal ?? `exit ${code}`})${last === "" ? "" : `: ${last}`}.`, { fix: "Check that the model runs in ONNX Runtime as it is." });
}

function placeIn(message: string): string | null {
  return message.match(/node:?\s?\(?(?:name:)?'?([^')\s]{1,120})/i)?.[1] ?? null;
}

/** Resident bytes of the child; 0 where the system has no /proc. */
function residentBytes(child: ChildProcess): number {
  try {
    const pages = readFileSync(`/proc/${child.pid}/statm`, "latin1").split(" ")[1];
    return Number(pages) * 4096;
  } catch {
    return 0;
  }
}
