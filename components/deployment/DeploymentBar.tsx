"use client";
import Link from "next/link";
import { useRouter } from "next/navigation";
import { useState } from "react";
import { wantAction } from "../act/act-store.ts";
import type { DeploymentFull } from "../api.ts";
import { samePlacement } from "../canvas/placement-edit.ts";
import { usePrediction } from "../canvas/use-prediction.ts";
import { editPlacement, editRequest, useDrawing, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { errorText, ms, perSecond } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { StaleMark } from "../live/StaleMark.tsx";
import { useStale } from "../live/use-stale.ts";
import { DeployDialog } from "../plan/DeployDialog.tsx";
import { DraftSummary } from "../plan/DraftSummary.tsx";
import { ParityBadge } from "../plan/ParityBadge.tsx";
import { PlanIt } from "../plan/PlanIt.tsx";
import { setRequest } from "../plan/request-edit.ts";
import { draftReplicas } from "../plan/use-replicas.ts";
import { Button } from "../ui/Button.tsx";
import { Figure, predicted as predictedKind } from "../ui/Figure.tsx";
import { State } from "../ui/State.tsx";
import { DEPLOYMENT_TONES } from "./deployment-state.ts";
import { PipelineTime } from "./PipelineTime.tsx";

/** What runs, with measured beside predicted; and, when the draft differs, what it would be. */
export function DeploymentBar({ deployment }: { deployment: DeploymentFull }) {
  return (
    <>
      <h1 className="max-w-52 truncate font-medium">{deployment.name}</h1>
      {deployment.currentRevision && <span className="num text-ink-2" title={`epoch ${deployment.currentRevision.epoch}`}>r{deployment.currentRevision.number}</span>}
      <span title={deployment.statusReason ?? undefined}><State tone={DEPLOYMENT_TONES[deployment.status]} testId="deployment-status">{deployment.status}</State></span>
      <Measured deployment={deployment} />
      <Link prefetch={false} href={`/deployments/${deployment.id}/replay`} title="Any moment of the last two days: the drawing, the placement, the figures and the reasons" className="text-ink-2 underline decoration-line-strong underline-offset-4 hover:text-ink" data-testid="replay-open">Replay</Link>
      <ParityBadge parity={deployment.plan?.parity ?? null} />
      <DraftActions deployment={deployment} />
    </>
  );
}

function Measured({ deployment }: { deployment: DeploymentFull }) {
  const sample = useLive((state) => state.deployments[deployment.id]);
  const age = useStale({ deployment: deployment.id });
  const stale = age !== null;
  const predicted = sample?.predictedLatencyMs ?? deployment.predictedLatencyMs;
  const pipeline = sample?.pipelineMsP50 ?? null;
  return (
    <span className="flex flex-wrap items-center gap-x-4">
      <StaleMark age={age} />
      <span data-testid="latency"><span className="text-ink-3">p50 </span><Figure figure={ms(sample?.latencyMsP50)} stale={stale} className="inline-block min-w-[5.2ch]" /><PipelineTime of={sample} stale={stale} />{predicted !== null && <span className="text-ink-3"> predicted <Figure figure={ms(predicted)} kind={predictedKind(deployment.plan?.plan.estimate.kind ?? "mixed")} />{pipeline !== null && <span className="num ml-1 inline-block min-w-[8.5ch] text-xs" data-testid="prediction-error">({errorText(pipeline, predicted)})</span>}</span>}</span>
      <span><span className="text-ink-3">p99 </span><Figure figure={ms(sample?.latencyMsP99)} stale={stale} className="inline-block min-w-[5.2ch]" /></span>
      <span data-testid="request-rate"><Figure figure={perSecond(sample?.requestsPerSecond)} stale={stale} label="requests per second" className="inline-block min-w-[8.5ch]" /></span>
      <span className={sample && sample.errorsPerSecond > 0 ? "text-bad" : "text-ink-2"} data-testid="error-rate"><span className="num">{sample ? sample.errorsPerSecond.toFixed(sample.errorsPerSecond > 0 ? 1 : 0) : "–"}</span> errors/s</span>
    </span>
  );
}

function DraftActions({ deployment }: { deployment: DeploymentFull }) {
  const store = useWorkbenchStore();
  const { placement } = useDrawing();
  const running = useWorkbench((state) => state.running);
  const changesShown = useWorkbench((state) => state.changesShown);
  const saved = useWorkbench((state) => state.save === "saved" || state.save === "merged");
  const { draft } = usePrediction();
  const [open, setOpen] = useState(false);
  const moreOrFewer = useWorkbench((state) => draftReplicas(state).differs);
  const runningReplicas = useWorkbench((state) => state.runningReplicas);
  const differs = running === null || !samePlacement(placement, running) || moreOrFewer;
  const moving = deployment.migration !== null && deployment.migration.finishedAt === null;
  const ready = differs && !moving && saved && draft !== null && draft.refusals.length === 0;
  return (
    <div className="flex flex-wrap items-center gap-1.5 max-sm:contents" data-testid="plan-bar">
      {differs && <DraftSummary label="draft" />}
      <PlanIt modelId={deployment.modelId} topologyId={deployment.topologyId} deploymentId={deployment.id} />
      {differs && running && <Button look="quiet" aria-pressed={changesShown} onClick={() => store.setState({ changesShown: !changesShown })} title="What moves, what is fetched, and memory before and after, on the canvas" className="aria-pressed:bg-accent-wash" data-testid="show-changes">Changes</Button>}
      {differs && running && <Button look="quiet" onClick={() => { editPlacement(store, () => running); if (moreOrFewer) editRequest(store, (now) => setRequest(now, { replicas: runningReplicas.length > 0 ? runningReplicas.length + 1 : undefined })); }} data-testid="discard-draft">Discard draft</Button>}
      {differs && <Button look="primary" disabled={!ready} title={moving ? "A move is under way" : draft?.refusals[0]?.message} onClick={() => setOpen(true)} data-testid="deploy">Review and move…</Button>}
      <Lifecycle deployment={deployment} moving={moving} />
      <DeployDialog open={open} onOpenChange={setOpen} modelId={deployment.modelId} topologyId={deployment.topologyId} placement={placement} deployment={deployment} modelName={deployment.modelName} />
    </div>
  );
}

function Lifecycle({ deployment, moving }: { deployment: DeploymentFull; moving: boolean }) {
  const router = useRouter();
  const { id, name } = deployment;
  const want = (action: "stop" | "start" | "roll-back" | "delete") => wantAction({ on: "deployment", id, name, action, ...(action === "roll-back" ? { expectedRevision: deployment.currentRevision?.number ?? 0 } : {}), ...(action === "delete" ? { onDone: () => router.push("/deployments") } : {}) });
  const stopped = deployment.desired === "stopped";
  return (
    <>
      {!stopped && !moving && deployment.revisions.length > 1 && <Button look="quiet" onClick={() => want("roll-back")} data-testid="roll-back">Roll back…</Button>}
      {stopped && <Button onClick={() => want("start")} data-testid="start">Start…</Button>}
      {stopped ? <Button look="quiet" onClick={() => want("delete")} data-testid="delete-deployment">Delete…</Button> : <Button look="quiet" onClick={() => want("stop")} data-testid="stop">Stop…</Button>}
    </>
  );
}
