// Owns how a long operation is named, and how its progress and outcome are said. Pure.
import type { OperationRow } from "../api.ts";
import { bytes, written } from "../format.ts";
import type { Tone } from "../ui/State.tsx";

const VERBS: Record<OperationRow["kind"], string> = { "import-model": "Import", "profile-model": "Measure", "check-parity": "Check the parity of plan", plan: "Plan", deploy: "Start", move: "Move", stop: "Stop", drain: "Drain", load: "Put load on", analyze: "Analyze", shed: "Limit what comes to", batch: "Join requests of" };
type Subject = Pick<OperationRow, "kind" | "subjectId" | "subjectName">;
type Step = OperationRow["progress"];

/** "Move upright". An import has no subject yet. */
export function operationTitle({ kind, subjectId, subjectName }: Subject): string {
  if (kind === "import-model" && subjectName === null) return "Import a model";
  return `${VERBS[kind]} ${subjectName ?? subjectId}`;
}

/** Where to look at it; null = no page of its own. */
export function operationHref({ kind, subjectId }: Subject): string | null {
  if (subjectId.startsWith("dep_")) return `/deployments/${subjectId}${kind === "analyze" ? "?tab=analyze" : ""}`;
  if (subjectId.startsWith("mdl_")) return `/models/${subjectId}`;
  if (subjectId.startsWith("pln_")) return `/plans?a=${subjectId}`;
  return kind === "drain" ? `/nodes/${subjectId}` : null;
}

/** "prepare, 1.2 MB of 3.4 MB, 2.1 MB/s". */
export function progressText(step: Step, rateBytesPerSecond: number | null = null): string {
  const amount = step.total <= 0 ? "" : step.unit === "bytes" ? `${written(bytes(step.done))} of ${written(bytes(step.total))}` : step.unit === "items" ? `${step.done} of ${step.total}` : "";
  const rate = step.unit === "bytes" && step.done < step.total && rateBytesPerSecond ? `${written(bytes(rateBytesPerSecond))}/s` : "";
  return [step.step, amount, rate].filter((part) => part !== "").join(", ");
}

/** 0…1; null = nobody knows how much there is. */
export function progressRatio(step: Step): number | null {
  return step.total > 0 ? Math.min(1, Math.max(0, step.done / step.total)) : null;
}

export const OPERATION_TONES: Record<OperationRow["status"], Tone> = { running: "busy", succeeded: "ok", failed: "bad", cancelled: "idle" };

/** One sentence of what came of it; null while it runs. */
export function outcomeText(operation: Subject & Pick<OperationRow, "status" | "error" | "result">): string | null {
  const title = operationTitle(operation);
  if (operation.status === "running") return null;
  if (operation.status === "succeeded") return operation.kind === "drain" ? `${title}: it is cordoned and empty.` : `${title}: done.`;
  // The status says already that it was cancelled; what else there is to say stays.
  return `${title}: ${operation.status}. ${(operation.error?.message ?? "").replace(/^It was cancelled\.\s*/, "")}`.trim();
}
