// Owns which drifts are a reason to think of moving: those of what a deployment uses, and of where it belongs. A slow node that runs nothing of it makes that node a worse
// place to go to, and leaves what runs as good as it was: what a person chose is not up for change because of it. Pure.
import type { Observation } from "./controller.ts";
import type { Drift } from "./observe-drift.ts";
import { placementsOf } from "./replica-views.ts";

export function relevantDrifts(drifts: readonly Drift[], seen: Pick<Observation, "running" | "home" | "further" | "problem">): Drift[] {
  const homes = [seen.home, ...(seen.further ?? []).map((one) => one.home)];
  const used = new Set([...placementsOf(seen), ...homes].flat().map((stage) => stage.topologyNodeId));
  const source = seen.problem.sourceIndex === null ? undefined : seen.problem.nodes[seen.problem.sourceIndex]?.topologyNodeId;
  return drifts.filter(({ kind, subject }) => (kind === "node" ? used.has(subject) : subject.split(">").every((id) => used.has(id) || id === source)));
}
