"use client";
import { useMutation } from "@tanstack/react-query";
import { client, type OperationRow } from "../api.ts";
import { LoadHistogram } from "../deployment/LoadHistogram.tsx";
import { nsText, rateText } from "../deployment/load-words.ts";
import { useLive } from "../live/live-store.ts";
import { Button } from "../ui/Button.tsx";
import { Problem } from "../ui/Problem.tsx";
import { State } from "../ui/State.tsx";

/** What it does now: which rig, which configuration, what comes back. */
export function AnalysisLive({ operation }: { operation: Pick<OperationRow, "id" | "progress"> }) {
  const progress = useLive((state) => state.progress[operation.id]) ?? operation.progress;
  const { step, done, total, detail, load } = progress;
  const cancel = useMutation({ mutationFn: () => client.operations.cancel.mutate({ id: operation.id }) });
  return (
    <div className="space-y-2" data-testid="analyze-live">
      <div className="flex flex-wrap items-center gap-3"><State tone="busy">{step || "starting"}</State><Button busy={cancel.isPending || cancel.isSuccess} data-testid="analyze-cancel" onClick={() => cancel.mutate()}>Cancel</Button></div>
      {cancel.error && <Problem title="It was not cancelled" error={cancel.error} />}
      {cancel.isSuccess && <p className="text-xs text-ink-2">What is measured stays; the rig is taken down.</p>}
      <p className="text-xs text-ink-2">{total > 0 ? `${done} of ${total} measured` : `${done} measured`}{detail && `; ${detail}`}</p>
      {load && (
        <dl className="grid grid-cols-[auto_1fr] gap-x-4 text-xs">
          {([["now", load.phase], ["answered", `${load.answered}, ${rateText(load.answersPerSecond)}`], ...(load.failed > 0 ? [["failed", String(load.failed)]] : []), ["p50 so far", nsText(load.p50Ns)], ["p99 so far", nsText(load.p99Ns)]] as [string, string][]).map(([name, value]) => <div key={name} className="contents"><dt className="text-ink-2">{name}</dt><dd className="num">{value}</dd></div>)}
        </dl>
      )}
      {load && <LoadHistogram bins={load.histogram} boundNs={null} />}
    </div>
  );
}
