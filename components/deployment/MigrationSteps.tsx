"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, type DeploymentFull, type MigrationRow } from "../api.ts";
import { bytes, bytesPerSecond, ms, written } from "../format.ts";
import { useLive } from "../live/live-store.ts";
import { Button } from "../ui/Button.tsx";
import { MovedBytes } from "./MovedBytes.tsx";
import { Figure, predicted } from "../ui/Figure.tsx";
import { Meter } from "../ui/Meter.tsx";
import { toldProblem } from "../ui/notices.ts";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";

const STEPS = ["prepare", "pause", "unload", "warm", "verify", "canary", "cutover", "drain", "retire"] as const;
const WORDS: Record<(typeof STEPS)[number], string> = { prepare: "segments are shipped and loaded", pause: "requests under way finish, new ones wait", unload: "old segments leave memory that the new ones need", warm: "run once on their nodes", verify: "compared with the whole model", canary: "tried beside the running revision", cutover: "new requests go the new way", drain: "old requests finish", retire: "old segments are unloaded" };

const TRIAL_POLL_MS = 2000;

/** The move under way, step by step, and per node and segment. A finished one stays until it is put away. */
export function MigrationSteps({ deployment }: { deployment: DeploymentFull }) {
  const { migration } = deployment;
  const [away, setAway] = useState<string | null>(null);
  if (!migration || away === migration.id) return null;
  const finished = migration.finishedAt !== null;
  if (finished && migration.state === "done" && Date.now() - Date.parse(migration.finishedAt ?? "") > 60_000) return null;
  return (
    <section aria-label="Move" data-testid="migration" data-state={migration.state} className="shrink-0 border-b border-line bg-panel px-3 py-2">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-1.5">
        {migration.handOver && <span className="text-xs font-medium" data-testid="hand-over-step">Step <span className="num">{migration.handOver.step}</span> of <span className="num">{migration.handOver.of}</span></span>}
        <Steps migration={migration} />
        <span className="text-xs text-ink-2">{migration.reason?.replace(/\.$/, "")}{migration.reason && ", "}<Time iso={migration.stateSince} /></span>
        <span className="ml-auto flex gap-1">{finished ? <Button look="quiet" onClick={() => setAway(migration.id)}>Put away</Button> : <><Promote deployment={deployment} migration={migration} /><Cancel deployment={deployment} migration={migration} /></>}</span>
      </div>
      {migration.trial && <p className="mt-1 text-xs" data-testid="trial">{migration.trial} <span className="text-ink-2">Shares and bounds are in Serving.</span></p>}
      {migration.error && migration.state !== "cancelled" && <p className="mt-1 text-bad" role="alert">{migration.error.message} {migration.error.fix && <span className="text-ink-2">{migration.error.fix}</span>}</p>}
      {migration.pause && <p className="mt-1 text-xs text-ink-2" data-testid="migration-pause">{migration.pause.measuredMs === null ? <>Nothing serves for about <Figure figure={ms(migration.pause.predicted.ms)} kind={predicted(migration.pause.predicted.kind)} /> of it; at most <Figure figure={ms(migration.pause.allowedMs)} /> are allowed.</> : <>Nothing served for <Figure figure={ms(migration.pause.measuredMs)} />; <Figure figure={ms(migration.pause.predicted.ms)} kind={predicted(migration.pause.predicted.kind)} /> was said before.</>}</p>}
      {migration.moved && <p className="mt-1 text-xs text-ink-2" data-testid="migration-moved"><MovedBytes move={migration} /></p>}
      {!finished && migration.nodes.length > 0 && <NodeRows migration={migration} />}
    </section>
  );
}

function Steps({ migration }: { migration: MigrationRow }) {
  // Most moves do not stop for a trial.
  const isTried = migration.state === "canary" || migration.decisions.some((decision) => decision.action === "canary");
  const steps = STEPS.filter((step) => (step === "canary" ? isTried : step === "pause" || step === "unload" ? migration.pause !== null : true));
  const at = steps.findIndex((step) => migration.state.startsWith(step));
  const done = migration.state === "done";
  const outcome = done ? (migration.toRevision === null ? "moved" : `moved to revision ${migration.toRevision}`) : migration.state === "cancelled" ? "cancelled" : migration.state;
  return (
    <ol className="flex flex-wrap gap-x-3 gap-y-1" aria-label="Steps">
      {steps.map((step, index) => {
        const state = done || index < at ? "past" : index === at ? "now" : "next";
        return <li key={step} data-testid="migration-step" data-step={step} data-state={state} title={WORDS[step]} aria-current={state === "now" ? "step" : undefined}><State tone={state === "past" ? "ok" : state === "now" ? "busy" : "idle"}>{step}</State></li>;
      })}
      {(done || at < 0) && <li data-testid="migration-outcome" className="border-l border-line pl-3"><State tone={done ? "ok" : "warn"}>{outcome}</State></li>}
    </ol>
  );
}

function Promote({ deployment, migration }: { deployment: DeploymentFull; migration: MigrationRow }) {
  // Figures of a trial, and of what is watched after it, grow without an event.
  useQuery({ ...api.deployments.get.queryOptions({ id: deployment.id }), refetchInterval: migration.trial !== null ? TRIAL_POLL_MS : false });
  const promote = useMutation(api.deployments.promote.mutationOptions({ onError: (error) => toldProblem("Promoting", error) }));
  if (migration.state !== "canary" || migration.cancelRequested) return null;
  return <Button look="primary" busy={promote.isPending} title="All requests go to the new revision; the old one is retired once the new one was watched" onClick={() => promote.mutate({ id: deployment.id })} data-testid="promote">Promote</Button>;
}

function Cancel({ deployment, migration }: { deployment: DeploymentFull; migration: MigrationRow }) {
  const cancel = useMutation(api.deployments.cancelMigration.mutationOptions({ onError: (error) => toldProblem("Cancelling", error) }));
  if (migration.cancelRequested) return <State tone="busy">cancelling</State>;
  return <Button disabled={!migration.cancellable} busy={cancel.isPending} title={!migration.cancellable ? "It has taken over; roll back instead" : migration.state === "drain" && migration.trial !== null ? "The revision before it serves again" : undefined} onClick={() => cancel.mutate({ id: deployment.id })} data-testid="cancel-migration">Cancel</Button>;
}

function NodeRows({ migration }: { migration: MigrationRow }) {
  const nodes = useQuery(api.nodes.list.queryOptions()).data ?? [];
  const live = useLive((state) => state.nodes);
  return (
    <ul className="mt-2 grid gap-x-6 gap-y-1 sm:grid-cols-2 lg:grid-cols-3">
      {migration.nodes.map((row) => {
        const now = live[row.nodeId]?.assignments.find((one) => one.assignmentId === row.assignmentId) ?? row;
        const text = now.bytesTotal === 0 ? "" : now.bytesDone >= now.bytesTotal ? written(bytes(now.bytesTotal)) : `${written(bytes(now.bytesDone))} of ${written(bytes(now.bytesTotal))}, ${written(bytesPerSecond(now.bytesPerSecond))}`;
        return (
          <li key={row.assignmentId} className="text-xs" data-testid="migration-node">
            <div className="flex justify-between gap-2"><span className="truncate font-medium">{nodes.find((node) => node.id === row.nodeId)?.name ?? row.nodeId}</span><span className={now.state === "failed" ? "text-bad" : "text-ink-2"}>{now.state}</span><span className="num text-ink-3">{text}</span></div>
            <Meter label={`${now.state}`} ratio={now.bytesTotal === 0 ? (now.state === "ready" ? 1 : 0) : now.bytesDone / now.bytesTotal} tone={now.state === "failed" ? "bad" : "accent"} text={text || now.state} />
          </li>
        );
      })}
    </ul>
  );
}
