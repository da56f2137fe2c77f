// Owns the way from a plan's stored segments to the numbers behind its badge.
import type { SegmentSpec } from "../../agents/protocol/control.ts";
import { checkParity } from "../inspect/check-parity.ts";
import { DEFAULT_SESSION } from "../planner/default-session.ts";
import type { Parity } from "../planner/plan.ts";
import { artifactPath } from "../store/artifacts.ts";
import type { StoredModel } from "../store/models.ts";
import type { Deps } from "./deps.ts";
import { locateModel, rethrow } from "./model-tools.ts";
import { prepareInputs } from "./prepare-inputs.ts";

/** On the model's sample where it has one. What goes wrong is the badge's own status. @throws AppError cancelled */
export async function compareSegments(deps: Deps, model: StoredModel, segments: SegmentSpec[], signal?: AbortSignal): Promise<{ parity: Parity; parityFile: Uint8Array | null }> {
  const prepared = await prepareInputs(deps, model, signal).catch(rethrow);
  try {
    return await checkParity({
      ...locateModel(deps, model),
      facts: model.facts,
      segments: segments.map((spec) => ({ spec, skeletonPath: artifactPath(deps.dataFolder, spec.skeletonDigest) })),
      session: DEFAULT_SESSION,
      nowIso: new Date(deps.clock.now()).toISOString(),
      note: prepared.note,
      ...(prepared.inputs ? { inputs: prepared.inputs } : {}),
      ...(signal ? { signal } : {}),
    }).catch(rethrow);
  } finally {
    prepared.remove();
  }
}
