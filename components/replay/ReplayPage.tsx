"use client";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { useState } from "react";
import { api } from "../api.ts";
import { setAddressParams, useAddressParam } from "../shell/use-address-param.ts";
import { usePageTitle } from "../shell/use-page-title.ts";
import { shownError } from "../shown-error.ts";
import { buttonClass } from "../ui/Button.tsx";
import { ReadProblem } from "../ui/ReadProblem.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { State } from "../ui/State.tsx";
import { Time } from "../ui/Time.tsx";
import { ReplayCanvas } from "./ReplayCanvas.tsx";
import { ReplayFacts } from "./ReplayFacts.tsx";
import { ReplayTrack } from "./ReplayTrack.tsx";
import { readMoment, readSpanMinutes, trackSpan, within } from "./replay-time.ts";
import { useSettled } from "./use-settled.ts";
import { usePlaying } from "./use-playing.ts";

/** What is past does not change; the newest of a track may still come in. */
const TRACK_STALE_MS = 30_000;
const REST_MS = 80;

/** Looking back at a deployment: any moment of the last two days, with the drawing, the placement, the figures and the reasons of then. */
export function ReplayPage({ deploymentId }: { deploymentId: string }) {
  const deployment = useQuery(api.deployments.get.queryOptions({ id: deploymentId }));
  const [atText] = useAddressParam("at");
  const [minutesText] = useAddressParam("span");
  const minutes = readSpanMinutes(minutesText);
  const wanted = readMoment(atText);
  // The span stays while its moment moves, or the handle would run away from the hand.
  const [anchor, setAnchor] = useState({ atMs: wanted, nowMs: Date.now() });
  const fits = trackSpan(anchor.atMs, minutes, anchor.nowMs);
  const span = wanted !== null && (wanted < fits.fromMs || wanted > fits.toMs) ? trackSpan(wanted, minutes, anchor.nowMs) : fits;
  const atMs = within(wanted ?? span.toMs, span);
  const go = (next: number) => setAddressParams({ at: new Date(next).toISOString() }, "replace");
  const settledMs = useSettled(atMs, REST_MS);
  const playing = usePlaying(atMs, span, go);
  const track = useQuery({ ...api.deployments.replay.queryOptions({ id: deploymentId, from: new Date(span.fromMs).toISOString(), to: new Date(span.toMs).toISOString() }), staleTime: TRACK_STALE_MS, placeholderData: keepPreviousData });
  const moment = useQuery({ ...api.deployments.moment.queryOptions({ id: deploymentId, at: new Date(settledMs).toISOString() }), placeholderData: keepPreviousData });
  usePageTitle(deployment.data ? `${deployment.data.name}, as it was` : undefined);
  const error = shownError(deployment) ?? shownError(moment) ?? shownError(track);
  if (error) return <ReadProblem what="deployment" wasCalled={deployment.data?.name} list={{ href: "/deployments", name: "All deployments" }} error={error} retry={() => { void deployment.refetch(); void moment.refetch(); void track.refetch(); }} />;
  if (!deployment.data || !moment.data) return <div className="p-6"><Skeleton rows={10} label="Loading the past" /></div>;
  const toNow = () => { setAnchor({ atMs: null, nowMs: Date.now() }); setAddressParams({ at: null }); };
  const setMinutes = (next: string) => { setAnchor({ atMs: wanted, nowMs: Date.now() }); setAddressParams({ span: next }, "replace"); };
  return (
    <div className="flex h-full flex-col overflow-y-auto" data-testid="replay" data-at={moment.data.at}>
      <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-4 gap-y-1 border-b border-line bg-warn-wash px-3 py-1.5">
        <h1 className="max-w-72 truncate font-medium">{deployment.data.name}, as it was</h1>
        <span className="font-medium" data-testid="replay-at"><Time iso={new Date(atMs).toISOString()} both /></span>
        <State tone="warn">the past, not live</State>
        <Link href={`/deployments/${deploymentId}`} className={`${buttonClass()} ml-auto`} data-testid="replay-live">Back to live</Link>
      </header>
      <div className="flex min-h-0 flex-1 max-lg:flex-col max-lg:shrink-0">
        <div className="min-h-80 min-w-0 flex-1"><ReplayCanvas moment={moment.data} /></div>
        <aside aria-label="What was" className="w-72 shrink-0 overflow-y-auto border-l border-line bg-panel max-lg:w-full max-lg:border-t max-lg:border-l-0"><ReplayFacts moment={moment.data} track={track.data} /></aside>
      </div>
      <ReplayTrack track={track.data} span={span} minutes={minutes} atMs={atMs} go={go} setMinutes={setMinutes} toNow={toNow} playing={playing} />
    </div>
  );
}
