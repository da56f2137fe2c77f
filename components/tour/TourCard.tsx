"use client";
import Link from "next/link";
import { useLive } from "../live/live-store.ts";
import { buttonClass } from "../ui/Button.tsx";
import { TourNext } from "./TourNext.tsx";
import { TourSteps } from "./TourSteps.tsx";
import { tourStep } from "./tour-step.ts";
import { useTour } from "./use-tour.ts";

/** The first steps on the overview: where they begin, or go on. */
export function TourCard() {
  const { tour } = useTour();
  const requestsPerSecond = useLive((state) => (tour ? (state.deployments[tour.deployment.id]?.requestsPerSecond ?? null) : null));
  if (!tour || tour.kept.isAway) return null;
  const { deployment, revision, kept } = tour;
  const { migration } = deployment;
  const advice = tourStep({ deploymentName: deployment.name, isOpen: false, requestsPerSecond, hasSeenServing: kept.hasSeenServing, draft: { differs: false, refusal: null }, move: migration && { state: migration.state, finished: migration.finishedAt !== null, error: migration.error?.message ?? null }, revision, begunAtRevision: kept.begunAtRevision });
  return (
    <TourSteps tour={tour} advice={advice} className="mb-6 rounded-md border">
      {advice.at === "done" ? <TourNext /> : <Link href={`/deployments/${deployment.id}`} className={buttonClass("primary")}>Open {deployment.name}</Link>}
    </TourSteps>
  );
}
