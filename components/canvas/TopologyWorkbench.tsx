"use client";
import { useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { api, type TopologyFull } from "../api.ts";
import { Dock } from "../deployment/Dock.tsx";
import { DeployDialog } from "../plan/DeployDialog.tsx";
import { DraftSummary } from "../plan/DraftSummary.tsx";
import { PlanIt } from "../plan/PlanIt.tsx";
import { usePageTitle } from "../shell/use-page-title.ts";
import { shownError } from "../shown-error.ts";
import { Button } from "../ui/Button.tsx";
import { Problem } from "../ui/Problem.tsx";
import { ReadProblem } from "../ui/ReadProblem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { Canvas } from "./Canvas.tsx";
import { Inspector } from "./Inspector.tsx";
import { LayerStack } from "./LayerStack.tsx";
import { MoveLayersDialog } from "./MoveLayersDialog.tsx";
import { usePrediction } from "./use-prediction.ts";
import { useProblem } from "./use-problem.ts";
import { useWorkbenchSetup } from "./use-workbench-setup.ts";
import { editPlacement, useDrawing, useWorkbench, useWorkbenchStore, WorkbenchProvider } from "./workbench-store.ts";
import { WorkbenchFrame } from "./WorkbenchFrame.tsx";

export function TopologyWorkbench({ topologyId, modelId }: { topologyId: string; modelId: string | null }) {
  const topology = useQuery(api.topologies.get.queryOptions({ id: topologyId }));
  const models = useQuery(api.models.list.queryOptions());
  usePageTitle(topology.data?.name);
  const error = shownError(topology);
  if (error) return <ReadProblem what="topology" wasCalled={topology.data?.name} list={{ href: "/topologies", name: "All topologies" }} error={error} retry={() => void topology.refetch()} />;
  if (!topology.data || models.isPending) return <div className="p-6"><Skeleton rows={10} label="Loading the topology" /></div>;
  const chosen = models.data?.find((model) => model.id === modelId) ?? models.data?.[0] ?? null;
  return <Opened key={`${topologyId}/${chosen?.id ?? ""}`} topology={topology.data} modelId={chosen?.id ?? null} />;
}

function Opened({ topology, modelId }: { topology: TopologyFull; modelId: string | null }) {
  const store = useWorkbenchSetup({ topology, modelId, deploymentId: null, running: null });
  // Here and not beside the layers: they are folded away on a small screen, and the draft is predicted all the same.
  const { error } = useProblem(store, modelId, topology.live, null);
  return (
    <WorkbenchProvider value={store}>
      <WorkbenchFrame bar={<Bar topology={topology} modelId={modelId} />} left={<ModelPanel topology={topology} modelId={modelId} error={error} />} right={<Inspector />} dock={<Dock deployment={null} plan={modelId ? { modelId, topologyId: topology.id, deploymentId: null } : null} />}>
        <div className="flex h-full flex-col"><div className="min-h-72 flex-1 lg:min-h-0"><Canvas /></div></div>
      </WorkbenchFrame>
      <MoveLayersDialog />
    </WorkbenchProvider>
  );
}

function ModelPanel({ topology, modelId, error }: { topology: TopologyFull; modelId: string | null; error: unknown }) {
  const router = useRouter();
  const models = useQuery(api.models.list.queryOptions()).data ?? [];
  if (models.length === 0) return <div className="p-3 text-ink-2"><p className="font-medium text-ink">No model yet</p><p className="mt-1">Import one, then drag its layers onto the nodes.</p><Link href="/models" className="mt-2 inline-block text-accent underline underline-offset-4">Import a model</Link></div>;
  return (
    <>
      <div className="border-b border-line px-3 py-2">
        <label htmlFor="model" className="eyebrow">Model</label>
        <select id="model" className="field" value={modelId ?? ""} onChange={(event) => router.replace(`/topologies/${topology.id}?model=${event.target.value}`)} data-testid="choose-model">{models.map((model) => <option key={model.id} value={model.id}>{model.name}</option>)}</select>
      </div>
      {error ? <div className="p-3"><Problem title="The model could not be read" error={error} /></div> : <LayerStack />}
    </>
  );
}

function Bar({ topology, modelId }: { topology: TopologyFull; modelId: string | null }) {
  const store = useWorkbenchStore();
  const { placement } = useDrawing();
  const saved = useWorkbench((state) => state.save === "saved" || state.save === "merged");
  const models = useQuery(api.models.list.queryOptions()).data ?? [];
  const { draft } = usePrediction();
  const [open, setOpen] = useState(false);
  const ready = draft !== null && draft.refusals.length === 0 && saved;
  return (
    <>
      <h1 className="max-w-52 truncate font-medium">{topology.name}</h1>
      <DraftSummary label="predicted" />
      <div className="flex flex-wrap items-center gap-1.5 max-sm:contents" data-testid="plan-bar">
        {modelId && <PlanIt modelId={modelId} topologyId={topology.id} deploymentId={null} />}
        <Button look="quiet" disabled={placement.length === 0} onClick={() => editPlacement(store, () => [])} data-testid="clear-draft">Clear</Button>
        <Button look="primary" disabled={!ready} title={ready ? undefined : (draft?.refusals[0]?.message ?? "Place every layer first")} onClick={() => setOpen(true)} data-testid="deploy">Deploy…</Button>
      </div>
      {modelId && <DeployDialog open={open} onOpenChange={setOpen} modelId={modelId} topologyId={topology.id} placement={placement} deployment={null} modelName={models.find((model) => model.id === modelId)?.name ?? "model"} />}
    </>
  );
}
