// Owns what a decision of adaptation is made of, so that it can be made again: what the controller knew, what it saw, what it was told to keep to. Pure.
import type { AdaptSettings } from "./adapt-settings.ts";
import { samePlacement } from "./alternatives.ts";
import type { ControllerMemory, Decision, Observation } from "./controller.ts";
import { stepDeployment } from "./step-deployment.ts";

/** `before`: of the controller, when it looked. */
export type DecisionSnapshot = { before: ControllerMemory; seen: Observation; settings: AdaptSettings };

export const decideAgain = ({ before, seen, settings }: DecisionSnapshot): Decision => stepDeployment(before, seen, settings).decision;

/** Of a record, as far as it says what was decided. */
export type Recorded = { verdict: string; chosen: number | null; alternatives: readonly { kind: string; placement: Decision["alternatives"][number]["placement"] }[] };

/** Null = the same is decided again; else what differs, in words. */
export function differenceOf(again: Decision, { verdict, chosen, alternatives }: Recorded): string | null {
  if (again.verdict !== verdict) return `"${verdict}" was recorded, "${again.verdict}" follows`;
  const then = chosen === null ? null : (alternatives[chosen] ?? null);
  if ((then === null) !== (again.target === null)) return then ? "a choice was recorded, none follows" : "no choice was recorded, one follows";
  if (then && again.target && (then.kind !== again.target.kind || !samePlacement([...then.placement], again.target.placement))) return "another choice follows";
  return null;
}
