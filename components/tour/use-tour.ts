// Owns whether the first steps are shown, for which deployment, and what keeps their state true.
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { api, type DeploymentRow } from "../api.ts";
import { keepTour, type KeptTour, readKeptTour, useKeptTour } from "./kept-tour.ts";
import { tourDeployment } from "./tour-step.ts";

export type Tour = { deployment: DeploymentRow; revision: number; kept: KeptTour };

/** The tour, put away or not; null where there is no demo fleet. `start` begins it from what runs now. */
export function useTour(): { tour: Tour | null; start: (() => void) | null } {
  const isDemo = useQuery(api.system.info.queryOptions()).data?.demo ?? false;
  const deployments = useQuery({ ...api.deployments.list.queryOptions(), enabled: isDemo }).data;
  const kept = useKeptTour((state) => state.kept);
  useEffect(() => readKeptTour(), []);
  const deployment = isDemo && deployments ? tourDeployment(deployments) : null;
  const revision = deployment?.currentRevision?.number ?? 0;
  const id = deployment?.id ?? null;
  const begun = kept?.deploymentId === id ? kept : null;
  // Where nobody has moved anything yet it begins by itself; where somebody has, it waits to be asked for.
  const beginsNow = kept !== undefined && begun === null && id !== null && revision === 1;
  useEffect(() => { if (beginsNow && id !== null) keepTour({ deploymentId: id, begunAtRevision: revision, hasSeenServing: false, isAway: false }); }, [beginsNow, id, revision]);
  const start = id === null ? null : () => keepTour({ deploymentId: id, begunAtRevision: revision, hasSeenServing: false, isAway: false });
  return { tour: deployment && begun ? { deployment, revision, kept: begun } : null, start };
}
