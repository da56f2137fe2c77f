"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useEffect } from "react";
import { api, type DeploymentFull, type TopologyFull } from "../api.ts";
import { Canvas } from "../canvas/Canvas.tsx";
import { Inspector } from "../canvas/Inspector.tsx";
import { LayerStack } from "../canvas/LayerStack.tsx";
import { MoveLayersDialog } from "../canvas/MoveLayersDialog.tsx";
import { useProblem } from "../canvas/use-problem.ts";
import { useWorkbenchSetup } from "../canvas/use-workbench-setup.ts";
import { WorkbenchProvider } from "../canvas/workbench-store.ts";
import { WorkbenchFrame } from "../canvas/WorkbenchFrame.tsx";
import { usePageTitle } from "../shell/use-page-title.ts";
import { shownError } from "../shown-error.ts";
import { TourStrip } from "../tour/TourStrip.tsx";
import { Callouts } from "../overview/Callouts.tsx";
import { Problem } from "../ui/Problem.tsx";
import { ReadProblem } from "../ui/ReadProblem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { DeploymentBar } from "./DeploymentBar.tsx";
import { Dock } from "./Dock.tsx";
import { MigrationSteps } from "./MigrationSteps.tsx";
import { StopSteps } from "./StopSteps.tsx";

/** A stop takes seconds: its nodes are looked at this often. */
const STOP_LOOK_MS = 1000;

export function DeploymentWorkbench({ deploymentId }: { deploymentId: string }) {
  const deployment = useQuery({ ...api.deployments.get.queryOptions({ id: deploymentId }), refetchInterval: (query) => (query.state.data?.stopping ? STOP_LOOK_MS : false) });
  const topology = useQuery({ ...api.topologies.get.queryOptions({ id: deployment.data?.topologyId ?? "" }), enabled: deployment.data !== undefined });
  usePageTitle(deployment.data?.name);
  const error = shownError(deployment) ?? shownError(topology);
  if (error) return <ReadProblem what="deployment" wasCalled={deployment.data?.name} list={{ href: "/deployments", name: "All deployments" }} error={error} retry={() => { void deployment.refetch(); void topology.refetch(); }} />;
  if (!deployment.data || !topology.data) return <div className="p-6"><Skeleton rows={10} label="Loading the deployment" /></div>;
  return <Opened key={deploymentId} deployment={deployment.data} topology={topology.data} />;
}

function Opened({ deployment, topology }: { deployment: DeploymentFull; topology: TopologyFull }) {
  const store = useWorkbenchSetup({ topology, modelId: deployment.modelId, deploymentId: deployment.id, running: deployment.plan?.plan.placement ?? null, request: deployment.plan?.plan.request });
  const moving = deployment.migration !== null && deployment.migration.finishedAt === null ? deployment.migration : null;
  useEffect(() => store.setState({ moving, deploymentId: deployment.id }), [store, moving, deployment.id]);
  const replicas = deployment.plan?.plan.replicas;
  useEffect(() => store.setState({ runningReplicas: (replicas ?? []).map((replica) => replica.placement) }), [store, replicas]);
  const { error } = useProblem(store, deployment.modelId, topology.live, deployment.id);
  const left = (
    <>
      <div className="border-b border-line px-3 py-2"><div className="eyebrow">Model</div><Link className="font-medium underline decoration-line-strong underline-offset-4" href={`/models/${deployment.modelId}`}>{deployment.modelName}</Link></div>
      {error ? <div className="p-3"><Problem title="The model could not be read" error={error} /></div> : <LayerStack />}
    </>
  );
  return (
    <WorkbenchProvider value={store}>
      <WorkbenchFrame bar={<DeploymentBar deployment={deployment} />} left={left} right={<Inspector />} dock={<Dock deployment={deployment} plan={{ modelId: deployment.modelId, topologyId: deployment.topologyId, deploymentId: deployment.id }} />}>
        <div className="flex h-full flex-col"><TourStrip deployment={deployment} /><Callouts deploymentId={deployment.id} /><MigrationSteps deployment={deployment} /><StopSteps deployment={deployment} /><div className="min-h-72 flex-1 lg:min-h-0"><Canvas /></div></div>
      </WorkbenchFrame>
      <MoveLayersDialog />
    </WorkbenchProvider>
  );
}
