"use client";
import { Pause, Play, RotateCcw, Table2 } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useMemo, useState } from "react";
import { useAddressParam } from "../shell/use-address-param.ts";
import { Button } from "../ui/Button.tsx";
import { ChartChoice } from "./ChartChoice.tsx";
import { ChartFigure } from "./ChartFigure.tsx";
import { ChartTable } from "./ChartTable.tsx";
import { chosenOf } from "./chart-choice.ts";
import type { ChartSpec } from "./chart-data.ts";
import type { Marker } from "./chart-markers.ts";
import { nearestIndex, type Point, samplesBehind, withGaps } from "./chart-points.ts";
import { panned, shownSpan, type Span, SPANS_MINUTES, spanName, zoomed } from "./chart-window.ts";
import type { ShownSpan } from "./use-span.ts";

type Props<P> = {
  label: string;
  /** By time, the newest last; they go on coming while the group is paused. */
  points: P[];
  specs: ChartSpec<P>[];
  markers: readonly Marker[];
  time: ShownSpan;
  aside?: ReactNode;
};

const KEYS_HELP = "Left and right move the crosshair, with Shift they move in time; + and − zoom, 0 or Escape shows everything, Space pauses.";

/** Charts over one time: one span, one crosshair, one pause. Everything the mouse does, keys do too. */
export function ChartGroup<P extends Point>({ label, points, specs: all, markers, time, aside }: Props<P>) {
  const [frozen, setFrozen] = useState<P[] | null>(null);
  const { minutes, zoom, setMinutes, setZoom } = time;
  const [crossMs, setCross] = useState<number | null>(null);
  const [asked, setView] = useAddressParam("view");
  const asTable = asked === "table";
  const [askedCharts, chooseCharts] = useAddressParam("charts");
  const specs = useMemo(() => chosenOf(all, askedCharts), [all, askedCharts]);
  const shown = frozen ?? points;
  const data = useMemo(() => withGaps(shown), [shown]);
  const newestMs = shown.at(-1)?.atMs ?? 0;
  const bounds: Span = { fromMs: Math.min(newestMs - minutes * 60_000, shown[0]?.atMs ?? newestMs), toMs: newestMs };
  const span = shownSpan(zoom, minutes, newestMs);
  const behind = frozen ? samplesBehind(frozen, points) : 0;
  const pause = () => setFrozen(frozen ? null : points);
  const move = (step: number) => {
    const { timesMs } = data;
    const from = crossMs === null ? timesMs.length - 1 + (step < 0 ? 1 : 0) : nearestIndex(timesMs, crossMs);
    let index = from + step;
    // A gap is no place to stand.
    while (data.points[index] === null) index += Math.sign(step);
    const atMs = timesMs[Math.min(timesMs.length - 1, Math.max(0, index))];
    if (atMs !== undefined) setCross(Math.min(span.toMs, Math.max(span.fromMs, atMs)));
  };
  const keys = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== event.currentTarget) return;
    const acts: Record<string, () => void> = {
      ArrowLeft: () => (event.shiftKey ? setZoom(panned(span, "earlier", bounds), true) : move(-1)), ArrowRight: () => (event.shiftKey ? setZoom(panned(span, "later", bounds), true) : move(1)),
      Home: () => setCross(Math.max(span.fromMs, shown[0]?.atMs ?? 0)), End: () => setCross(span.toMs),
      "+": () => setZoom(zoomed(span, "in", crossMs ?? span.toMs, bounds), true), "=": () => setZoom(zoomed(span, "in", crossMs ?? span.toMs, bounds), true),
      "-": () => setZoom(zoomed(span, "out", crossMs ?? span.toMs, bounds), true), "0": () => setZoom(null), Escape: () => { setZoom(null); setCross(null); }, " ": pause,
    };
    const act = acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  return (
    <div data-testid="chart-group">
      <div className="mb-1.5 flex flex-wrap items-center gap-x-3 gap-y-1.5">
        {aside}
        <label className="flex items-center gap-1.5"><span className="text-xs text-ink-3">Span</span><select className="field w-auto!" data-testid="chart-span" value={minutes} onChange={(event) => setMinutes(Number(event.target.value))}>{SPANS_MINUTES.map((one) => <option key={one} value={one}>{spanName(one)}</option>)}</select></label>
        <Button onClick={pause} aria-pressed={frozen !== null} data-testid="chart-pause">{frozen ? <Play size={13} /> : <Pause size={13} />}{frozen ? "Follow" : "Pause"}</Button>
        {zoom && <Button look="quiet" onClick={() => setZoom(null)} data-testid="chart-reset"><RotateCcw size={13} />All of it</Button>}
        <Button look="quiet" aria-pressed={asTable} onClick={() => setView(asTable ? null : "table")} data-testid="chart-table-toggle"><Table2 size={13} />{asTable ? "As charts" : "As a table"}</Button>
        {all.length > 1 && <ChartChoice specs={all} chosen={specs} choose={chooseCharts} />}
        {/* What grows each second is seen, and not said again each second. */}
        <span className="text-xs text-ink-2" data-testid="chart-state"><span role="status">{frozen ? "Paused" : zoom ? "Zoomed" : ""}</span>{frozen && `, ${behind} sample${behind === 1 ? "" : "s"} behind`}</span>
      </div>
      {shown.length < 2 && <p className="text-ink-2">No figures yet. They come once a second.</p>}
      {shown.length >= 2 && (asTable ? <ChartTable label={label} specs={specs} data={data} span={span} markers={markers} /> : (
        // biome-ignore lint/a11y/useSemanticElements: charts that share a crosshair and keys are no form fields
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the charts are read and moved by keys as one thing
        <div role="group" tabIndex={0} aria-label={`${label}. ${KEYS_HELP}`} title={KEYS_HELP} data-testid="charts" className="grid gap-x-6 gap-y-3 rounded-md outline-offset-[-1px] lg:grid-cols-2 2xl:grid-cols-3" onKeyDown={keys}>
          {specs.map((spec) => <ChartFigure key={spec.key} spec={spec} data={data} span={span} markers={markers} crossMs={crossMs} onCross={setCross} onZoom={setZoom} />)}
          <p className="sr-only" aria-live="polite">{crossMs === null ? "" : `Crosshair at ${new Date(crossMs).toLocaleTimeString("en-GB")}`}</p>
        </div>
      ))}
    </div>
  );
}
