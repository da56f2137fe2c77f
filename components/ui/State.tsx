import type { ReactNode } from "react";

export type Tone = "ok" | "warn" | "bad" | "busy" | "idle";
const SHAPES: Record<Tone, ReactNode> = {
  ok: <circle cx="5" cy="5" r="3.6" fill="currentColor" />,
  warn: <path d="M5 1.2 9.2 8.6H.8z" fill="currentColor" />,
  bad: <rect x="1.7" y="1.7" width="6.6" height="6.6" fill="currentColor" />,
  busy: <circle cx="5" cy="5" r="3.3" fill="none" stroke="currentColor" strokeWidth="1.8" strokeDasharray="12 6" />,
  idle: <circle cx="5" cy="5" r="3.3" fill="none" stroke="currentColor" strokeWidth="1.4" />,
};
const COLOURS: Record<Tone, string> = { ok: "text-ok", warn: "text-warn", bad: "text-bad", busy: "text-accent", idle: "text-ink-3" };

/** A state told by shape, colour and word together. `still`: what is busy is the reader, so nothing turns. */
export function State({ tone, children, testId, still = false }: { tone: Tone; children: ReactNode; testId?: string; still?: boolean }) {
  return (
    <span className={`inline-flex items-center gap-1.5 min-[18rem]:whitespace-nowrap ${COLOURS[tone]}`} data-testid={testId}>
      <svg viewBox="0 0 10 10" aria-hidden className={`size-[0.7em] shrink-0 ${tone === "busy" && !still ? "animate-spin [animation-duration:2.4s]" : ""}`}>{SHAPES[tone]}</svg>
      <span className="text-xs font-medium">{children}</span>
    </span>
  );
}
