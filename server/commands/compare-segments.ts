import type { SegmentSpec } from "../../agents/protocol/control.ts";
import type { Parity } from "../planner/plan.ts";
import type { StoredModel } from "../store/models.ts";
import type { Deps } from "./deps.ts";
import { AppError } from "../errors.ts";

export async function compareSegments(_deps: Deps, _model: StoredModel, _segments: SegmentSpec[], _signal?: AbortSignal): Promise<{ parity: Parity; parityFile: Uint8Array | null }> {
  throw new AppError("unavailable", "Models can't be compared yet.");
}
