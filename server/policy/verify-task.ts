// Owns whether a new revision can be verified by its ingress, with what, and why not.
import type { VerifyTask } from "../../agents/protocol/control.ts";
import type { DeploymentView } from "./snapshot.ts";
import { stableId } from "./stable-id.ts";
import { differenceText } from "../planner/difference-text.ts";

/** What "equal" means: |a−b| / max(1, max|ref|) per output tensor. */
export const PARITY_TOLERANCE = 1e-5;

export type VerifyNeed = { kind: "skip"; reason: string } | { kind: "wait"; reason: string } | { kind: "task"; task: VerifyTask } | { kind: "impossible"; reason: string };

/** What verifying the revision that the migration goes to takes. */
export function verifyNeed(deployment: DeploymentView): VerifyNeed {
  const revision = deployment.revisions.find((one) => one.revisionId === deployment.migration?.toRevisionId);
  if (!revision || !deployment.migration) return { kind: "skip", reason: "There is nothing to verify." };
  const { parity, parityFile } = revision;
  if (parity.status === "pending") return { kind: "wait", reason: "The plan's parity check is not finished." };
  if (parity.status === "structure-only") return { kind: "skip", reason: `Not verified by numbers: ${parity.reason}` };
  if (parity.status === "failed") return { kind: "impossible", reason: `The plan's parity check failed: ${parity.message}` };
  if (parity.status === "different") return { kind: "impossible", reason: `The cut model differs from the whole one by ${differenceText(parity.maxRelError)}, more than ${parity.tolerance}.` };
  if (!parityFile) return { kind: "skip", reason: "Not verified by numbers: the plan has no parity file." };
  const taskId = stableId("vfy", deployment.migration.migrationId, revision.revisionId);
  return { kind: "task", task: { taskId, epoch: revision.epoch, parityDigest: parityFile.digest, parityBytes: parityFile.bytes, tolerance: parity.tolerance } };
}

/** The task an ingress is given: only while the migration verifies. */
export function verifyTaskOf(deployment: DeploymentView): VerifyTask | null {
  if (deployment.migration?.state !== "verify") return null;
  const need = verifyNeed(deployment);
  return need.kind === "task" ? need.task : null;
}
