"use client";
import type { DeploymentFull } from "../api.ts";
import { EventTimeline } from "../event/EventTimeline.tsx";

/** What happened to this deployment, on its nodes too, and why. */
export function Timeline({ deployment }: { deployment: DeploymentFull }) {
  return <EventTimeline subjectId={deployment.id} nothing="Deploys, moves and what its stages do appear here." />;
}
