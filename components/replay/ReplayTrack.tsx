"use client";
import { ChevronLeft, ChevronRight, Pause, Play } from "lucide-react";
import type { ReplayTrackData } from "../api.ts";
import { isProcessed } from "../deployment/is-processed.ts";
import { digits } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import { linePath, markBeside, SPANS, STEP_MS, shareOf, type TrackSpan } from "./replay-time.ts";
import type { Playing } from "./use-playing.ts";

type Props = { track: ReplayTrackData | undefined; span: TrackSpan; minutes: number; atMs: number; go(atMs: number): void; setMinutes(minutes: string): void; toNow(): void; playing: Playing };

const HEIGHT = 44;
/** Wider than two windows or two points of a long span: nothing was kept between. */
const GAP_POINTS = 2.5;
const TONES = { cutover: "text-accent", "turned back": "text-warn", stopped: "text-ink-3", resumed: "text-accent", decision: "text-warn", "node lost": "text-bad", "node back": "text-ok" } as const;

/** The time that can be looked at: latency as a line, what changed as marks, and one handle for the moment. */
export function ReplayTrack({ track, span, minutes, atMs, go, setMinutes, toNow, playing }: Props) {
  const marks = track?.marks ?? [];
  const beside = (side: "next" | "previous") => markBeside(marks, atMs, side);
  const step = (side: "next" | "previous") => { const at = beside(side); if (at !== null) go(at); };
  return (
    <section aria-label="Time" className="shrink-0 border-t border-line bg-panel px-3 py-2">
      <div className="mb-1.5 flex flex-wrap items-center gap-1.5">
        <IconButton label={playing.isPlaying ? "Pause" : "Play, ten seconds at a time"} onClick={playing.toggle} data-testid="replay-play">{playing.isPlaying ? <Pause size={15} /> : <Play size={15} />}</IconButton>
        <Button look="quiet" disabled={beside("previous") === null} onClick={() => step("previous")} data-testid="replay-previous"><ChevronLeft size={14} aria-hidden />Change before</Button>
        <Button look="quiet" disabled={beside("next") === null} onClick={() => step("next")} data-testid="replay-next">Change after<ChevronRight size={14} aria-hidden /></Button>
        <label className="ml-auto flex items-center gap-1.5"><span className="text-xs text-ink-3">Span</span>
          <select className="field w-auto!" value={minutes} onChange={(event) => setMinutes(event.target.value)} data-testid="replay-span">{SPANS.map(([value, name]) => <option key={value} value={value}>{name}</option>)}</select>
        </label>
        <Button look="quiet" onClick={toNow} data-testid="replay-now">To the newest</Button>
      </div>
      <Line track={track} span={span} atMs={atMs} />
      <input type="range" aria-label="Moment" aria-valuetext={new Date(atMs).toLocaleString("en-GB")} min={span.fromMs} max={span.toMs} step={STEP_MS} value={atMs} onChange={(event) => go(event.currentTarget.valueAsNumber)} className="mt-1 block w-full accent-[var(--accent)]" data-testid="replay-moment" />
      <div className="num flex justify-between text-2xs text-ink-3"><span>{clock(span.fromMs)}</span><span>{clock(span.toMs)}</span></div>
    </section>
  );
}

function Line({ track, span, atMs }: { track: ReplayTrackData | undefined; span: TrackSpan; atMs: number }) {
  const points = track?.points ?? [];
  const most = Math.max(0, ...points.map((point) => Math.max(point.latencyMsP50 ?? 0, point.predictedLatencyMs ?? 0))) * 1.1;
  const gapMs = Math.max(STEP_MS, (span.toMs - span.fromMs) / 720) * GAP_POINTS;
  const path = (of: (point: (typeof points)[number]) => number | null) => linePath(points.map((point) => ({ at: point.at, value: of(point) })), span, { height: HEIGHT, most, gapMs });
  const isEmpty = most === 0;
  return (
    <div className="relative h-12 rounded-sm bg-sunken">
      <svg role="img" aria-label={isEmpty ? "No latency was measured in this span" : `Median latency, up to ${digits(most / 1.1)} ms${points.some(isProcessed) ? ", and dotted without what the model's processor took" : ""}`} viewBox={`0 0 1000 ${HEIGHT}`} preserveAspectRatio="none" className="absolute inset-0 size-full">
        <path d={path((point) => point.predictedLatencyMs)} fill="none" stroke="var(--ink-3)" strokeDasharray="4 3" vectorEffect="non-scaling-stroke" />
        {points.some(isProcessed) && <path d={path((point) => point.pipelineMsP50)} fill="none" stroke="var(--accent)" strokeDasharray="1 3" vectorEffect="non-scaling-stroke" />}
        <path d={path((point) => point.latencyMsP50)} fill="none" stroke="var(--accent)" strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
      </svg>
      {isEmpty && <span className="absolute inset-0 grid place-items-center text-xs text-ink-3">{track ? "No request was measured in this span." : "Loading…"}</span>}
      {(track?.marks ?? []).map((mark) => <span key={`${mark.at} ${mark.kind} ${mark.text}`} title={`${clock(Date.parse(mark.at))} ${mark.text}`} data-testid="replay-mark" data-kind={mark.kind} style={{ left: `${shareOf(Date.parse(mark.at), span) * 100}%` }} className={`absolute inset-y-0 w-0 border-l-2 ${mark.kind === "decision" ? "border-dashed" : ""} border-current ${TONES[mark.kind]}`} />)}
      <span aria-hidden style={{ left: `${shareOf(atMs, span) * 100}%` }} className="absolute -inset-y-0.5 w-0.5 -translate-x-1/2 bg-ink" />
    </div>
  );
}

const clock = (ms: number): string => new Date(ms).toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", second: "2-digit" });
