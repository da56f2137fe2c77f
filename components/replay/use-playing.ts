// Owns the passing of replayed time: a step of ten seconds at a time, so that each is a window of figures that was really kept.
import { useEffect, useRef, useState } from "react";
import { STEP_MS, type TrackSpan } from "./replay-time.ts";

/** Ten seconds of the past each. */
const STEP_EVERY_MS = 500;

export type Playing = { isPlaying: boolean; toggle(): void };

/** Goes on from `atMs` until the span ends or somebody stops it. */
export function usePlaying(atMs: number, span: TrackSpan, go: (atMs: number) => void): Playing {
  const [isPlaying, setPlaying] = useState(false);
  const now = useRef({ atMs, span, go });
  now.current = { atMs, span, go };
  useEffect(() => {
    if (!isPlaying) return;
    const timer = setInterval(() => {
      const { atMs: was, span: shown, go: move } = now.current;
      const next = Math.min(shown.toMs, was + STEP_MS);
      move(next);
      if (next >= shown.toMs) setPlaying(false);
    }, STEP_EVERY_MS);
    return () => clearInterval(timer);
  }, [isPlaying]);
  const toggle = () => {
    if (!isPlaying && atMs >= span.toMs) go(span.fromMs);
    setPlaying(!isPlaying);
  };
  return { isPlaying, toggle };
}
