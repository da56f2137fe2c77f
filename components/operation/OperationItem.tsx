"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { wantAction } from "../act/act-store.ts";
import { api, type OperationRow, queryClient } from "../api.ts";
import { useLive } from "../live/live-store.ts";
import { Button } from "../ui/Button.tsx";
import { Meter } from "../ui/Meter.tsx";
import { toldProblem } from "../ui/notices.ts";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";
import { OPERATION_TONES, operationHref, operationTitle, progressRatio, progressText } from "./operation-words.ts";

type Props = { operation: OperationRow; onLeave?: () => void };

/** One long operation: what, who, how far or what came of it, and what can be done about it. */
export function OperationItem({ operation, onLeave }: Props) {
  const href = operationHref(operation);
  const title = operationTitle(operation);
  return (
    <li className="border-b border-line py-2 last:border-0" data-testid="operation" data-kind={operation.kind} data-status={operation.status}>
      <div className="flex items-baseline justify-between gap-3">
        {href ? <Link href={href} {...(onLeave ? { onClick: onLeave } : {})} className="min-w-0 font-medium break-words underline decoration-line-strong underline-offset-4">{title}</Link> : <span className="min-w-0 font-medium break-words">{title}</span>}
        <State tone={OPERATION_TONES[operation.status]}>{operation.status}</State>
      </div>
      {operation.status === "running" ? <Progress operation={operation} /> : <Outcome operation={operation} />}
      <div className="mt-1 flex items-center justify-between gap-3">
        <p className="min-w-0 text-xs break-words text-ink-3">by {operation.createdBy}, <Time iso={operation.finishedAt ?? operation.createdAt} /></p>
        <Actions operation={operation} />
      </div>
    </li>
  );
}

function Progress({ operation }: { operation: OperationRow }) {
  const live = useLive((state) => state.progress[operation.id]);
  const step = live ?? operation.progress;
  const rate = useShippingRate(operation);
  const ratio = progressRatio(step);
  const text = progressText(step, rate) || "begins";
  return (
    <div className="mt-1 text-xs text-ink-2" data-testid="operation-progress">
      {ratio !== null && <Meter label={operationTitle(operation)} ratio={ratio} text={text} />}
      <p className="mt-1"><span className="num">{text}</span>{step.detail && <span className="text-ink-3">, {step.detail}</span>}</p>
    </div>
  );
}

/** Bytes a second that the nodes of a move fetch right now, together. */
function useShippingRate(operation: OperationRow): number | null {
  const moves = operation.kind === "move" || operation.kind === "deploy";
  const migration = useQuery({ ...api.deployments.list.queryOptions(), enabled: moves }).data?.find((one) => one.id === operation.subjectId)?.migration;
  return useLive((state) => {
    if (!moves || migration?.operationId !== operation.id) return null;
    const fetching = migration.nodes.flatMap((row) => state.nodes[row.nodeId]?.assignments.find((one) => one.assignmentId === row.assignmentId && one.state === "fetching") ?? []);
    return fetching.length === 0 ? null : fetching.reduce((sum, one) => sum + one.bytesPerSecond, 0);
  });
}

function Outcome({ operation }: { operation: OperationRow }) {
  if (!operation.error) return null;
  return <p className="mt-0.5 text-xs break-words text-ink-2">{operation.error.message}{operation.error.fix && <> <span className="text-ink-3">{operation.error.fix}</span></>}</p>;
}

function Actions({ operation }: { operation: OperationRow }) {
  const cancel = useMutation(api.operations.cancel.mutationOptions({ onError: (error) => toldProblem("Cancelling", error), onSettled: () => void queryClient.invalidateQueries(api.operations.list.queryFilter()) }));
  const drained = operation.kind === "drain" && operation.status !== "running";
  const node = useQuery({ ...api.nodes.list.queryOptions(), enabled: drained }).data?.find((one) => one.id === operation.subjectId);
  const migration = useQuery({ ...api.deployments.list.queryOptions(), enabled: operation.status === "running" }).data?.find((one) => one.migration?.operationId === operation.id)?.migration;
  const step = useLive((state) => state.progress[operation.id])?.step ?? operation.progress.step;
  const title = operationTitle(operation);
  if (drained && node?.cordoned) return <Button look="quiet" onClick={() => wantAction({ on: "node", id: node.id, name: node.name, action: "uncordon" })}>Uncordon…</Button>;
  if (operation.status !== "running") return null;
  if (migration?.cancelRequested || cancel.isPending) return <State tone="busy">cancelling</State>;
  const unloads = operation.kind === "stop" && step === "retire";
  const late = unloads || (migration !== undefined && migration !== null && !migration.cancellable);
  return <Button look="quiet" disabled={late} title={unloads ? "It is being unloaded; start it again once it has stopped" : late ? "It has taken over; roll back instead" : undefined} aria-label={`Cancel: ${title}`} onClick={() => cancel.mutate({ id: operation.id })} data-testid="cancel-operation">Cancel</Button>;
}
