// biome-ignore-all lint/a11y/useSemanticElements: a separator that can be moved is no rule between paragraphs
import { type KeyboardEvent, type PointerEvent, type RefObject, useState } from "react";
import type { Problem } from "../../server/planner/problem.ts";
import { snapBorder, stepBorder } from "../canvas/good-cuts.ts";
import { useWorkbenchStore } from "../canvas/workbench-store.ts";
import { bytes, layersText, written } from "../format.ts";

type Props = { index: number; from: number; to: number; problem: Problem; height: string; track: RefObject<HTMLDivElement | null> };

/** The outer end of a segment. Dragged inwards it splits the segment: where it is let go, "Move layers to…" asks who takes what lies behind. */
export function SpanEnd({ index, from, to, problem, height, track }: Props) {
  const store = useWorkbenchStore();
  const [at, setAt] = useState<number | null>(null);
  const bounds = { from: from + 1, to: to - 1 };
  if (bounds.from > bounds.to || snapBorder(problem, bounds, to, true) === null) return null;
  const split = () => {
    setAt(null);
    if (at !== null) store.setState({ layers: { from: at, to }, moveOpen: true });
  };
  const move = (event: PointerEvent<HTMLDivElement>) => {
    const box = track.current?.getBoundingClientRect();
    if (!box || !event.currentTarget.hasPointerCapture(event.pointerId)) return;
    const wanted = Math.round(((event.clientX - box.left) / box.width) * problem.layerCount);
    setAt(wanted >= to ? null : snapBorder(problem, bounds, wanted, event.altKey));
  };
  const keyDown = (event: KeyboardEvent) => {
    if (event.key === "ArrowLeft") setAt(stepBorder(problem, bounds, at ?? to, -1, event.altKey) ?? at);
    else if (event.key === "ArrowRight") setAt(at === null ? null : stepBorder(problem, bounds, at, 1, event.altKey));
    else if (event.key === "Enter" && at !== null) split();
    else if (event.key === "Escape") setAt(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const said = at === null ? "whole" : `split after layer ${at}, ${written(bytes(problem.cutBytes[at - 1] ?? 0))} cross`;
  return (
    <div role="separator" tabIndex={0} aria-orientation="vertical" aria-label={`End of segment ${index + 1}: move it inwards to split the segment`} aria-valuemin={bounds.from} aria-valuemax={to} aria-valuenow={at ?? to} aria-valuetext={said}
      title="Drag inwards to split the segment, or arrow keys and Enter. Hold Alt for every legal cut. Escape lets go." data-testid="span-end" data-at={at ?? ""}
      onPointerDown={(event) => { event.currentTarget.focus(); event.currentTarget.setPointerCapture(event.pointerId); }} onPointerMove={move} onPointerUp={split} onPointerCancel={() => setAt(null)} onBlur={() => setAt(null)} onKeyDown={keyDown}
      className={`absolute top-0 z-10 w-3 -translate-x-1/2 cursor-ew-resize touch-none before:absolute before:inset-y-0 before:left-1/2 before:w-0.5 before:-translate-x-1/2 ${at === null ? "before:bg-transparent hover:before:bg-accent-mid focus-visible:before:bg-accent" : "before:bg-accent"}`} style={{ left: `${((at ?? to) / problem.layerCount) * 100}%`, height }}>
      {at !== null && <span aria-hidden className="absolute top-full left-1/2 -translate-x-1/2 whitespace-nowrap text-2xs text-accent">{layersText({ from: at, to })} to…</span>}
    </div>
  );
}
