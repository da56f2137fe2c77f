// Owns the load generator as a child process: starts it, passes on its progress, ends it when asked.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { LoadProgress } from "./method/load-progress.ts";
import type { LoadReport } from "./method/load-report.ts";

/** Asked to stop, it waits for what is under way, whose own limit is 30 s. */
const STOP_WITHIN_MS = 40_000;
const MAX_OUTPUT_BYTES = 64 * 2 ** 20;

export type LoadgenChild = { options: readonly string[]; /** A secret; not in the arguments, which any process may read. */ key: string | null; onProgress(progress: LoadProgress): void; signal: AbortSignal };

/** `Report`: a run's by default, a closed loop's where the options ask for one. @throws Error with its sentence when nothing could be measured */
export function startLoadgen<Report = LoadReport>({ options, key, onProgress, signal }: LoadgenChild): Promise<Report> {
  return new Promise((resolve, reject) => {
    const fromSource = import.meta.url.endsWith(".ts");
    // Built: dist/loadgen.mjs beside the server's bundle.
    const entry = fileURLToPath(new URL(fromSource ? "./main.ts" : "./loadgen.mjs", import.meta.url));
    const flags = fromSource ? ["--import", pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href] : [];
    const env = Object.fromEntries(["PATH", "HOME", "TMPDIR", "NODE_EXTRA_CA_CERTS"].flatMap((name) => (process.env[name] === undefined ? [] : [[name, process.env[name]]])));
    const child = spawn(process.execPath, [...flags, entry, ...options, "--json"], { stdio: ["ignore", "pipe", "pipe", "ipc"], env: { ...env, ...(key === null ? {} : { LOADGEN_KEY: key }) } as unknown as NodeJS.ProcessEnv });
    let output = "";
    let errors = "";
    let killer: NodeJS.Timeout | null = null;
    const stop = () => {
      child.kill("SIGTERM");
      killer ??= setTimeout(() => child.kill("SIGKILL"), STOP_WITHIN_MS);
    };
    signal.addEventListener("abort", stop, { once: true });
    if (signal.aborted) stop();
    child.stdout!.on("data", (piece: Buffer) => { if (output.length < MAX_OUTPUT_BYTES) output += piece; });
    child.stderr!.on("data", (piece: Buffer) => { errors = (errors + piece).slice(-4000); });
    child.on("message", (message) => onProgress(message as LoadProgress));
    child.on("error", reject);
    child.on("close", () => {
      if (killer) clearTimeout(killer);
      signal.removeEventListener("abort", stop);
      const report = parse(output) as Report | null;
      if (report) resolve(report);
      else reject(new Error(errors.trim().split("\n").at(-1)?.replace(/^loadgen: /, "") || "The load generator ended without a word."));
    });
  });
}

function parse(output: string): unknown {
  try {
    return JSON.parse(output);
  } catch {
    return null;
  }
}
