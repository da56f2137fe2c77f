"use client";
import { useEffect } from "react";
import type { DeploymentFull } from "../api.ts";
import { samePlacement } from "../canvas/placement-edit.ts";
import { usePrediction } from "../canvas/use-prediction.ts";
import { useDrawing, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { useLive } from "../live/live-store.ts";
import { Button } from "../ui/Button.tsx";
import { keepTour } from "./kept-tour.ts";
import { TourNext } from "./TourNext.tsx";
import { TourSteps } from "./TourSteps.tsx";
import { tourStep } from "./tour-step.ts";
import { type Tour, useTour } from "./use-tour.ts";

/** The first steps on the deployment they are about. */
export function TourStrip({ deployment }: { deployment: DeploymentFull }) {
  const { tour } = useTour();
  return tour && !tour.kept.isAway && tour.deployment.id === deployment.id ? <Strip tour={tour} deployment={deployment} /> : null;
}

function Strip({ tour, deployment }: { tour: Tour; deployment: DeploymentFull }) {
  const store = useWorkbenchStore();
  const { placement } = useDrawing();
  const running = useWorkbench((state) => state.running);
  const { draft } = usePrediction();
  const requestsPerSecond = useLive((state) => state.deployments[deployment.id]?.requestsPerSecond ?? null);
  const { kept } = tour;
  const isServing = requestsPerSecond !== null && requestsPerSecond > 0;
  useEffect(() => { if (isServing && !kept.hasSeenServing) keepTour({ ...kept, hasSeenServing: true }); }, [isServing, kept]);
  const differs = running !== null && !samePlacement(placement, running);
  const { migration } = deployment;
  const advice = tourStep({
    deploymentName: deployment.name, isOpen: true, requestsPerSecond, hasSeenServing: kept.hasSeenServing,
    draft: { differs, refusal: differs ? (draft?.refusals[0]?.message ?? null) : null },
    move: migration && { state: migration.state, finished: migration.finishedAt !== null, error: migration.error?.message ?? null },
    revision: deployment.currentRevision?.number ?? tour.revision, begunAtRevision: kept.begunAtRevision,
  });
  // The first layer of a later segment: moved to its neighbour the cut goes one layer on, which every node can do.
  const suggested = placement[1] ?? placement[0];
  const choose = () => store.setState({ layers: store.getState().layers ?? (suggested ? { from: suggested.from, to: suggested.from + 1 } : null), moveOpen: true });
  return (
    <TourSteps tour={tour} advice={advice} className="shrink-0 border-b">
      {advice.at === "place" && <Button onClick={choose}>Move layers to…</Button>}
      {advice.at === "confirm" && differs && migration?.finishedAt !== null && <Button onClick={() => document.querySelector<HTMLElement>("[data-testid=deploy]")?.focus()}>Go to the button</Button>}
      {advice.at === "done" && <TourNext />}
    </TourSteps>
  );
}
