// Owns what of a deployment's serving settings fits together. Throws AppError bad-request that names the place.
import { planPadding } from "../../agents/protocol/pad-plan.ts";
import { AppError } from "../errors.ts";
import type { ModelFacts } from "../model/model.ts";
import type { DeploymentSettings } from "../policy/snapshot.ts";

export function checkLimits(limits: DeploymentSettings["limits"]): DeploymentSettings["limits"] {
  for (const [name, value] of Object.entries(limits)) {
    if (!Number.isSafeInteger(value) || value < 1) throw new AppError("bad-request", `The limit ${name} must be a whole number of at least 1.`, { place: `settings.limits.${name}`, fix: "Leave it out to take the usual one." });
  }
  if (limits.defaultDeadlineMs > limits.maxDeadlineMs) throw new AppError("bad-request", "The default deadline is longer than the longest one allowed.", { place: "settings.limits.defaultDeadlineMs", fix: "Shorten it, or raise maxDeadlineMs." });
  return limits;
}

/** `facts`: of the deployment's model; read only where something is to be padded. */
export async function checkBatching(batching: NonNullable<DeploymentSettings["batching"]> | null, facts: () => Promise<Pick<ModelFacts, "inputs" | "outputs"> | null>): Promise<NonNullable<DeploymentSettings["batching"]> | null> {
  const larger = batching?.preferredSizes.find((size) => size > batching.maxSize);
  if (batching && larger !== undefined) throw new AppError("bad-request", `The preferred batch size ${larger} is more than the largest, ${batching.maxSize}.`, { place: "settings.batching.preferredSizes", fix: "Leave it out, or raise maxSize." });
  const model = batching?.padding ? await facts() : null;
  const { problem } = batching?.padding && model ? planPadding(batching.padding, model.inputs, model.outputs) : { problem: null };
  if (problem) throw new AppError("bad-request", `Requests cannot be padded: ${problem.why}.`, { place: `settings.batching.padding.${problem.place}`, fix: problem.fix });
  if (!batching) return null;
  // What is as it would be without a word is not kept: the same settings are the same text.
  const { maxQueues = 1, padding, ...rest } = batching;
  return { ...rest, ...(maxQueues > 1 ? { maxQueues } : {}), ...(padding ? { padding } : {}) };
}
