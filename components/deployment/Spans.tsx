"use client";
import { type KeyboardEvent, useMemo, useRef, useState } from "react";
import type { Problem } from "../../server/planner/problem.ts";
import { borderBounds, goodCuts, snapBorder, stepBorder } from "../canvas/good-cuts.ts";
import { moveBorder, samePlacement } from "../canvas/placement-edit.ts";
import { textScale } from "../canvas/text-scale.ts";
import { usePrediction } from "../canvas/use-prediction.ts";
import { type WhatIf, whatIfBorder } from "../canvas/what-if.ts";
import { editPlacement, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { shortcutOf } from "../shell/shortcuts.ts";
import { bytes, layersText, ms, perSecond, written } from "../format.ts";
import { Figure, predicted } from "../ui/Figure.tsx";
import { labelRows } from "./label-rows.ts";
import { LABEL_ROW_REM, SpanBorder } from "./SpanBorder.tsx";
import { SpanEnd } from "./SpanEnd.tsx";
import { useWidth } from "./use-width.ts";

/** A border on its way: where it would lie, what that would do, and why a place that was asked for is none. */
type Trial = { index: number; at: number; after: WhatIf; notHere: string | null };
const ROW_REM = 1.5;
/** A character of a label; a little more than the widest digit, so that no label is thought to fit that does not. */
const LABEL_CHARACTER_PX = 7;

/** Rows are nodes, columns are layers: gaps and borders are seen at a glance. Drag a border, or move it with the arrow keys, to cut elsewhere. */
export function Spans() {
  const store = useWorkbenchStore();
  const problem = useWorkbench((state) => state.problem);
  const placement = useWorkbench((state) => state.history.present.placement);
  const running = useWorkbench((state) => state.running);
  const nodes = useWorkbench((state) => state.history.present.document.nodes);
  const [trial, setTrial] = useState<Trial | null>(null);
  const track = useRef<HTMLDivElement>(null);
  const [measure, widthPx] = useWidth<HTMLDivElement>();
  const good = useMemo(() => (problem ? goodCuts(problem) : []), [problem]);
  if (!problem) return <p className="text-ink-2">Choose a model to see its layers over the nodes.</p>;
  const dragged = trial && trial.after.placement.length === placement.length ? trial : null;
  const shown = dragged?.after.placement ?? placement;
  const rows = nodes.filter((node) => [...shown, ...(running ?? [])].some((stage) => stage.topologyNodeId === node.id));
  if (rows.length === 0) return <p className="text-ink-2">No layer is placed. Drag layers from the left onto a node, or press <b>Plan it</b>.</p>;
  const left = (at: number) => (at / problem.layerCount) * 100;
  const crossing = (at: number) => problem.cutBytes[at - 1] ?? 0;
  const borders = shown.flatMap((stage, index) => (stage.to === shown[index + 1]?.from ? [{ index, at: stage.to }] : []));
  const lines = labelRows(borders.map(({ at }) => ({ atPx: (at / problem.layerCount) * widthPx, widthPx: written(bytes(crossing(at))).length * LABEL_CHARACTER_PX * textScale() })));
  const drag = (index: number, clientX: number, free: boolean) => {
    const box = track.current?.getBoundingClientRect();
    const bounds = borderBounds(placement, index);
    if (!box || !bounds) return;
    const wanted = Math.max(1, Math.min(problem.layerCount - 1, Math.round(((clientX - box.left) / box.width) * problem.layerCount)));
    const at = snapBorder(problem, bounds, wanted, free) ?? placement[index]?.to ?? wanted;
    if (trial?.index === index && trial.at === at && trial.notHere === notHere(problem, wanted)) return;
    setTrial({ index, at, after: whatIfBorder(problem, placement, index, at), notHere: notHere(problem, wanted) });
  };
  const settle = (next: Trial) => {
    if (next.after.blocking.length > 0) { setTrial({ ...next, after: { ...next.after, placement: [] } }); return; }
    setTrial(null);
    editPlacement(store, (now) => moveBorder(now, next.index, next.at));
  };
  const keyDown = (index: number, event: KeyboardEvent) => {
    if (event.key === "Escape") setTrial(null);
    const by = ({ ArrowLeft: -1, ArrowRight: 1 } as const)[event.key];
    const bounds = borderBounds(placement, index);
    const now = placement[index]?.to;
    if (!bounds || now === undefined || (by === undefined && event.key !== "Home" && event.key !== "End")) return;
    event.preventDefault();
    event.stopPropagation();
    const at = by === undefined ? snapBorder(problem, bounds, event.key === "Home" ? bounds.from : bounds.to, event.altKey) : stepBorder(problem, bounds, now, by, event.altKey);
    if (at === null) setTrial({ index, at: now, after: { placement: [], estimate: null, refusals: [], blocking: [] }, notHere: "No legal cut is left on this side; each segment keeps one layer at least." });
    else settle({ index, at, after: whatIfBorder(problem, placement, index, at), notHere: null });
  };
  return (
    <>
      <div className="grid grid-cols-[7rem_1fr] gap-x-3 text-xs" data-testid="spans">
        <div>{rows.map((node) => <div key={node.id} className="flex h-6 items-center truncate">{node.name}</div>)}<div className="flex h-5 items-start text-2xs text-ink-3">layer</div></div>
        <div className="relative" ref={track}>
          {dragged && good.map((at) => <span key={at} aria-hidden className="absolute top-0 w-px bg-accent-mid/50" style={{ left: `${left(at)}%`, height: `${rows.length * ROW_REM}rem` }} />)}
          {rows.map((node) => (
            <div key={node.id} className="relative h-6 border-b border-line">
              {(running ?? []).filter((stage) => stage.topologyNodeId === node.id).map((stage) => <span key={`r${stage.from}`} className="absolute inset-y-0.5 border border-dashed border-line-strong" style={{ left: `${left(stage.from)}%`, width: `${left(stage.to - stage.from)}%` }} title={`runs now: ${layersText(stage)}`} />)}
              {shown.map((stage, index) => stage.topologyNodeId === node.id && <Span key={`${stage.topologyNodeId}:${stage.from}`} index={index} from={stage.from} to={stage.to} nodeId={node.id} nodeName={node.name} leftPercent={left(stage.from)} widthPercent={left(stage.to - stage.from)} />)}
            </div>
          ))}
          {borders.map(({ index, at }, border) => (
            // The border keeps its place in the chain while it moves, and with it the pointer and the focus.
            <SpanBorder key={index} index={index} at={at} labelRow={lines[border] ?? 0} min={borderBounds(placement, index)?.from ?? 1} max={borderBounds(placement, index)?.to ?? problem.layerCount - 1} leftPercent={left(at)} height={`${rows.length * ROW_REM}rem`} crossingBytes={crossing(at)}
              wantedText={good.includes(at) ? ", a good cut" : ""} refused={dragged?.index === index && dragged.after.blocking.length > 0} drag={(x, free) => drag(index, x, free)} release={() => { if (dragged) settle(dragged); }} cancel={() => setTrial(null)} keyDown={(event) => keyDown(index, event)} />
          ))}
          {placement.map((stage, index) => stage.to !== placement[index + 1]?.from && <SpanEnd key={`end ${stage.from}`} index={index} from={stage.from} to={stage.to} problem={problem} height={`${rows.length * ROW_REM}rem`} track={track} />)}
          <div className="num flex justify-between text-2xs text-ink-3" style={{ minHeight: "1.25rem", height: `${(Math.max(0, ...lines) + 1) * LABEL_ROW_REM}rem` }} ref={measure}><span>1</span><span>{problem.layerCount}</span></div>
        </div>
      </div>
      <Told trial={trial} />
    </>
  );
}

const notHere = (problem: Problem, at: number): string | null => (problem.cutLegal[at - 1] ? null : `The model can’t be cut after layer ${at}: ${problem.cutReason[at - 1] ?? "not a legal cut"}.`);

/** A segment in the chart. It is dragged to a node of the canvas like a chip; Enter or M opens "Move layers to…". */
function Span({ index, from, to, nodeId, nodeName, leftPercent, widthPercent }: { index: number; from: number; to: number; nodeId: string; nodeName: string; leftPercent: number; widthPercent: number }) {
  const store = useWorkbenchStore();
  const range = { from, to };
  return (
    <button type="button" draggable data-testid="span" aria-label={`Segment ${index + 1}, ${layersText(range)} on ${nodeName}. Enter moves it.`} title={`segment ${index + 1}, ${layersText(range)}: drag to a node, or Enter for “Move layers to…”`}
      onDragStart={(event) => { event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", layersText(range)); store.setState({ layers: range, drag: { range, fromNodeId: nodeId } }); }} onDragEnd={() => store.setState({ drag: null, hoverNodeId: null })}
      onClick={(event) => store.setState({ layers: range, ...(event.detail === 0 ? { moveOpen: true } : {}) })} onDoubleClick={() => store.setState({ layers: range, moveOpen: true })}
      onKeyDown={(event) => { if (shortcutOf(event, "segment")?.id === "segment.move") { event.preventDefault(); event.stopPropagation(); store.setState({ layers: range, moveOpen: true }); } }}
      className="absolute inset-y-[3px] cursor-grab truncate rounded-sm bg-accent-wash px-1 text-left text-2xs leading-[18px] text-accent outline outline-accent-mid" style={{ left: `${leftPercent}%`, width: `${widthPercent}%` }}>{index + 1} · {layersText(range)}</button>
  );
}

/** What the border's place would do, against the draft; and why a place is refused. */
function Told({ trial }: { trial: Trial | null }) {
  const { draft } = usePrediction();
  const isDraft = useWorkbench((state) => state.running === null || !samePlacement(state.history.present.placement, state.running));
  // What runs is told by the bar, measured beside predicted.
  const estimate = (trial?.after.estimate ?? (isDraft ? draft?.estimate : null)) ?? null;
  const refusal = trial?.after.blocking[0];
  return (
    <div role="status" aria-live="polite" className="mt-2 min-h-5 text-xs" data-testid="span-told">
      {refusal && <p className="text-bad" data-testid="span-refusal"><b>Refused. </b>{refusal.message} <span className="text-ink-2">{refusal.fix}</span></p>}
      {trial?.notHere && <p className="text-ink-2" data-testid="span-not-here">{trial.notHere}</p>}
      {estimate && <p className="flex flex-wrap gap-x-4"><span className="text-ink-3">{trial ? `cut after layer ${trial.at}` : "draft"}</span><Figure figure={ms(estimate.latencyMs)} kind={predicted(estimate.kind)} label="latency" />{trial && draft?.estimate && <span className="text-ink-3">from {written(ms(draft.estimate.latencyMs))}</span>}<Figure figure={perSecond(estimate.throughputPerSecond)} kind={predicted(estimate.kind)} label="throughput" /></p>}
    </div>
  );
}
