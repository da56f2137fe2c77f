// Says how a running deployment would get to a plan, in words and figures. Does nothing.
import { liveFleet } from "../live/live-fleet.ts";
import type { Placement } from "../planner/plan.ts";
import { openStreams, pauseAndStreams } from "../policy/drain-limit.ts";
import type { MovePause } from "../policy/move-course.ts";
import { pauseText } from "../policy/predict-pause.ts";
import type { RevisionStage } from "../policy/snapshot.ts";
import { chooseWay } from "./choose-way.ts";
import type { Deps } from "./deps.ts";

/** `pause`: also of one that is not allowed. */
export type MovePreview = { way: "beside" | "hand-over" | "pause" | "none"; steps: Placement[][] | null; pause: MovePause | null; said: string; fix: string | null };

/** `stages`: as of `chooseWay`. @throws AppError not-found */
export async function previewMove(deps: Deps, input: { deploymentId: string; planId: string; stages?: readonly RevisionStage[] }): Promise<MovePreview> {
  const chosen = await chooseWay(deps, input);
  const nothing = { steps: null, pause: null, fix: null };
  switch (chosen.way) {
    case "beside":
      return { ...nothing, way: "beside", said: "The new stages are loaded beside what runs; it serves all the while." };
    case "hand-over":
      return { ...nothing, way: "hand-over", steps: chosen.steps, said: `Its nodes can't hold both revisions at once. It goes there in ${chosen.steps.length} steps, each a move of its own, and serves all the while${chosen.latencyMs === null ? "" : `; between them a request takes up to ${chosen.latencyMs.toFixed(1)} ms, predicted`}.` };
    case "pause":
      return { ...nothing, way: "pause", pause: chosen.pause, said: `Its nodes can't hold both revisions at once, nor any step between. Nothing serves for ${pauseText(chosen.pause.predicted)}; it may pause for ${(chosen.pause.allowedMs / 1000).toFixed(1)} s. Requests that come meanwhile wait within their deadlines, as many as may be in flight; more are refused and told to try again.${aboutStreams(deps, input.deploymentId)}` };
    case "none":
      return { ...nothing, way: "none", pause: chosen.pause, said: chosen.said, fix: chosen.fix };
  }
}

/** Of a model that keeps state between the steps of a stream. */
function aboutStreams(deps: Deps, deploymentId: string): string {
  const { snapshot } = liveFleet(deps.db);
  const view = snapshot?.deployments.find((one) => one.deploymentId === deploymentId);
  const current = view?.revisions.find((one) => one.revisionId === view.currentRevisionId);
  return snapshot && view && current && view.model.states.length > 0 ? ` ${pauseAndStreams(view.settings, openStreams(view, current, snapshot.nodes).count)}` : "";
}
