// Owns one request through the console's bounded try-it door, and what of its answer is worth a headline.
import type { ProblemText } from "../api.ts";

export type Answer = { ok: true; totalMs: number; headline: string | null; json: string } | { ok: false; problem: ProblemText };
/** The door's own limit. */
const BODY_BYTES_MAX = 32 * 1024 * 1024;
/** Longer answers are cut on the screen only. */
const SHOWN_CHARACTERS = 20_000;

export async function tryIt(deploymentId: string, body: File | string, door: "try" | "infer", signal: AbortSignal): Promise<Answer> {
  const size = typeof body === "string" ? body.length : body.size;
  if (size > BODY_BYTES_MAX) return { ok: false, problem: { code: "too-large", message: "The file is larger than 32 MiB.", fix: "Send it straight to the ingress, which has no such limit." } };
  const contentType = door === "infer" ? "application/json" : typeof body === "string" ? "text/plain" : body.type || "application/octet-stream";
  const startedMs = performance.now();
  try {
    const response = await fetch(`/api/v1/deployments/${deploymentId}/${door}`, { method: "POST", body, signal, headers: { "content-type": contentType } });
    const text = await response.text();
    const totalMs = performance.now() - startedMs;
    const parsed = parse(text);
    if (!response.ok) return { ok: false, problem: problemIn(parsed, response.status) };
    return { ok: true, totalMs, headline: headlineOf(parsed), json: (parsed === undefined ? text : JSON.stringify(parsed, null, 2)).slice(0, SHOWN_CHARACTERS) };
  } catch (error) {
    return { ok: false, problem: { code: "unreachable", message: signal.aborted ? "Cancelled." : String(error), fix: signal.aborted ? null : "Check that the deployment is live." } };
  }
}

function parse(text: string): unknown {
  try { return JSON.parse(text); } catch { return undefined; }
}

function problemIn(parsed: unknown, status: number): ProblemText {
  const error = (parsed as { error?: unknown } | undefined)?.error;
  if (typeof error === "string") return { code: String(status), message: error, fix: null };
  const own = error as Partial<ProblemText> | undefined;
  return { code: own?.code ?? String(status), message: own?.message ?? `It answered ${status}.`, fix: own?.fix ?? (status === 503 ? "It is not ready yet; try again in a moment." : null) };
}

/** The text read, the best label, or nothing. */
export function headlineOf(parsed: unknown): string | null {
  if (parsed === null || typeof parsed !== "object") return typeof parsed === "string" ? parsed : null;
  const answer = parsed as Record<string, unknown>;
  for (const key of ["text", "label", "answer", "result"]) {
    const value = answer[key];
    if (typeof value === "string" && value !== "") return value;
    if (value !== null && typeof value === "object") return headlineOf(value);
  }
  const labels = answer.labels ?? answer.classes;
  const best: unknown = Array.isArray(labels) ? labels[0] : undefined;
  if (typeof best === "string") return best;
  return best !== undefined && best !== null && typeof best === "object" ? headlineOf(best) : null;
}
