// biome-ignore-all lint/a11y/useSemanticElements: a separator that can be moved is no rule between paragraphs
import { type KeyboardEvent, type PointerEvent, useRef } from "react";
import { bytes, written } from "../format.ts";

type Props = { index: number; at: number; min: number; max: number; leftPercent: number; height: string; /** Line of its label under the chart, from 0. */ labelRow: number; crossingBytes: number; wantedText: string; refused: boolean; drag: (clientX: number, free: boolean) => void; release: () => void; cancel: () => void; keyDown: (event: KeyboardEvent) => void };

/** A line of labels under the chart. */
export const LABEL_ROW_REM = 1;

/** The movable border between two segments, with the bytes that cross it. */
export function SpanBorder({ index, at, min, max, leftPercent, height, labelRow, crossingBytes, wantedText, refused, drag, release, cancel, keyDown }: Props) {
  const crossing = written(bytes(crossingBytes));
  const pointer = useRef<number | null>(null);
  const letGo = (target: HTMLElement) => { if (pointer.current !== null && target.hasPointerCapture(pointer.current)) target.releasePointerCapture(pointer.current); };
  const held = (event: PointerEvent<HTMLDivElement>) => event.currentTarget.hasPointerCapture(event.pointerId);
  return (
    <div role="separator" tabIndex={0} aria-orientation="vertical" aria-label={`Border between segments ${index + 1} and ${index + 2}`} aria-valuemin={min} aria-valuemax={max} aria-valuenow={at}
      aria-valuetext={`after layer ${at}, ${crossing} cross${wantedText}`} title="Drag, or arrow keys: from good cut to good cut. Hold Alt for every legal one. Escape lets go." data-testid="span-border"
      onKeyDown={(event) => { if (event.key === "Escape") letGo(event.currentTarget); keyDown(event); }} onPointerCancel={cancel}
      onPointerDown={(event) => { event.currentTarget.focus(); pointer.current = event.pointerId; event.currentTarget.setPointerCapture(event.pointerId); }}
      onPointerMove={(event) => { if (held(event)) drag(event.clientX, event.altKey); }} onPointerUp={(event) => { if (held(event)) release(); }}
      className={`absolute top-0 z-10 w-3 -translate-x-1/2 cursor-ew-resize touch-none before:absolute before:inset-y-0 before:left-1/2 before:w-0.5 before:-translate-x-1/2 ${refused ? "before:bg-bad" : "before:bg-accent"}`} style={{ left: `${leftPercent}%`, height }}>
      {labelRow > 0 && <span aria-hidden className={`absolute top-full left-1/2 w-px ${refused ? "bg-bad" : "bg-accent-mid"}`} style={{ height: `${labelRow * LABEL_ROW_REM}rem` }} />}
      <span data-testid="span-label" style={{ marginTop: `${labelRow * LABEL_ROW_REM}rem` }} className={`absolute top-full left-1/2 -translate-x-1/2 whitespace-nowrap bg-panel text-2xs ${refused ? "text-bad" : "text-accent"}`} aria-hidden>{crossing}</span>
    </div>
  );
}
