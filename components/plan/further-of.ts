// Owns how a plan's further replicas are sent to be looked at again: where they are, and nothing else.
import type { Placement } from "../../server/planner/plan.ts";

export function furtherOf({ replicas = [] }: { replicas?: readonly { placement: Placement }[] | undefined }): { placement: Placement }[] {
  return replicas.map(({ placement }) => ({ placement }));
}
