import { X } from "lucide-react";
import type { ReactNode } from "react";
import { IconButton } from "../ui/IconButton.tsx";
import { State } from "../ui/State.tsx";
import { keepTour } from "./kept-tour.ts";
import { stepState, TOUR_STEPS, type TourAdvice } from "./tour-step.ts";
import type { Tour } from "./use-tour.ts";

const WORDS = { done: "done: ", now: "now: ", next: "then: " } as const;

/** Three steps and what to do now. Never takes the focus and covers nothing. */
export function TourSteps({ tour, advice, children, className = "" }: { tour: Tour; advice: TourAdvice; children?: ReactNode; className?: string }) {
  return (
    <section aria-label="First steps" data-testid="tour" data-at={advice.at} className={`relative border-line bg-panel py-2 pr-10 pl-3 ${className}`}>
      <div className="flex flex-wrap items-baseline gap-x-5 gap-y-1">
        <h2 className="eyebrow">First steps</h2>
        <ol className="flex flex-wrap gap-x-4 gap-y-1">
          {TOUR_STEPS.map(({ id, title }) => {
            const state = stepState(id, advice.at);
            return <li key={id} data-testid="tour-step" data-step={id} data-state={state} aria-current={state === "now" ? "step" : undefined}><State tone={state === "done" ? "ok" : state === "now" ? "busy" : "idle"} still><span className="sr-only">{WORDS[state]}</span>{title}</State></li>;
          })}
        </ol>
      </div>
      <div className="mt-1 flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <p role="status" className="max-w-prose min-w-0 flex-1 basis-80 text-ink-2">{advice.say}</p>
        <div className="flex flex-wrap gap-1.5">{children}</div>
      </div>
      <IconButton label="Put the first steps away" className="absolute! top-1.5 right-2" onClick={() => keepTour({ ...tour.kept, isAway: true })}><X size={14} /></IconButton>
    </section>
  );
}
