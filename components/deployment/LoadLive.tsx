"use client";
import { useMutation } from "@tanstack/react-query";
import type { LoadProgress } from "../../server/loadgen/method/load-progress.ts";
import { client, type OperationRow } from "../api.ts";
import { useLive } from "../live/live-store.ts";
import { Button } from "../ui/Button.tsx";
import { Meter } from "../ui/Meter.tsx";
import { Problem } from "../ui/Problem.tsx";
import { State } from "../ui/State.tsx";
import { LoadHistogram } from "./LoadHistogram.tsx";
import { nsText, rateText, shareText } from "./load-words.ts";

/** The run that is under way: what leaves, what comes back, how long it takes so far. */
export function LoadLive({ operation }: { operation: Pick<OperationRow, "id" | "progress"> }) {
  const { step, detail, load } = useLive((state) => state.progress[operation.id]) ?? operation.progress;
  const cancel = useMutation({ mutationFn: () => client.operations.cancel.mutate({ id: operation.id }) });
  return (
    <div className="space-y-2" data-testid="load-live">
      <div className="flex flex-wrap items-center gap-3"><State tone="busy">{load ? load.phase : step || "preparing"}</State><Button busy={cancel.isPending || cancel.isSuccess} data-testid="load-cancel" onClick={() => cancel.mutate()}>Cancel</Button></div>
      {cancel.error && <Problem title="It was not cancelled" error={cancel.error} />}
      {!load && detail !== "" && <p className="text-xs break-words text-ink-2">{detail}</p>}
      {load?.accuracy && <Meter label="Samples asked" ratio={load.accuracy.answered / Math.max(1, load.accuracy.total)} text={`${load.accuracy.answered} of ${load.accuracy.total}`} />}
      {load && <Figures load={load} />}
      {load && <LoadHistogram bins={load.histogram} boundNs={null} />}
    </div>
  );
}

function Figures({ load }: { load: LoadProgress }) {
  const { accuracy } = load;
  const first: [string, string][] = accuracy
    ? [["answered", `${accuracy.answered} of ${accuracy.total}, ${rateText(load.answersPerSecond)}`], ["right so far", accuracy.right === null ? "known at the end" : accuracy.answered === 0 ? "–" : `${accuracy.right}, ${shareText(accuracy.right / accuracy.answered)}`]]
    : [["time", `${Math.floor(load.elapsedS)} s of at least ${load.minS} s`], ["sent", `${load.issued}, ${rateText(load.arrivalsPerSecond)}`], ["answered", `${load.answered}, ${rateText(load.answersPerSecond)}`]];
  const rows: [string, string][] = [
    ...first,
    ...(load.failed > 0 ? [["failed", String(load.failed)] as [string, string]] : []), ["p50 so far", nsText(load.p50Ns)], ["p90 so far", nsText(load.p90Ns)], ["p99 so far", nsText(load.p99Ns)],
  ];
  return <dl className="grid grid-cols-[auto_1fr] gap-x-4 text-xs">{rows.map(([name, value]) => <div key={name} className="contents"><dt className="text-ink-2">{name}</dt><dd className="num">{value}</dd></div>)}</dl>;
}
