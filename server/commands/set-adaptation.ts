// Says what adaptation may do with a deployment, and when.
import { AppError } from "../errors.ts";
import { type AdaptSettings, MAX_PROTECTED_WINDOWS } from "../policy/adapt/adapt-settings.ts";
import { lockDeployment, updateDeployment } from "../store/deployments.ts";
import type { Actor, Deps } from "./deps.ts";
import { notFound } from "./not-found.ts";

const DAY_MINUTES = 1440;

/** What is left out stays. @throws AppError not-found, bad-request */
export async function setAdaptation(deps: Deps, input: { deploymentId: string; change: Partial<AdaptSettings>; actor: Actor }): Promise<AdaptSettings> {
  const windows = input.change.protectedWindows ?? [];
  if (windows.length > MAX_PROTECTED_WINDOWS) throw new AppError("bad-request", `At most ${MAX_PROTECTED_WINDOWS} windows can be protected.`, { place: "protectedWindows", fix: "Join some of them." });
  if (windows.some(({ fromMinute, toMinute }) => ![fromMinute, toMinute].every((minute) => Number.isInteger(minute) && minute >= 0 && minute <= DAY_MINUTES))) throw new AppError("bad-request", "A protected window is given in minutes after midnight UTC, 0 to 1440.", { place: "protectedWindows", fix: "For example {\"fromMinute\": 480, \"toMinute\": 1080}." });
  return deps.publisher.transact(async (tx, append) => {
    const deployment = await lockDeployment(tx, input.deploymentId);
    if (!deployment) throw notFound("deployment", input.deploymentId, "deploymentId");
    const adaptation = { ...deployment.adaptation, ...input.change };
    await updateDeployment(tx, deployment.id, { adaptation });
    await append({ name: "deployment.adaptation", subjectId: deployment.id, actor: input.actor, message: `Adaptation of ${deployment.name} is ${adaptation.mode}: at most ${adaptation.movesPerHour} moves an hour, ${adaptation.coolDownSeconds} s apart${adaptation.repairLosses === "always" ? ", but for what is lost" : ", also for what is lost"}${adaptation.pauseSeconds > 0 ? `; a move may pause it for ${adaptation.pauseSeconds} s` : ""}.`, payload: { deploymentId: deployment.id, mode: adaptation.mode } });
    return adaptation;
  });
}
