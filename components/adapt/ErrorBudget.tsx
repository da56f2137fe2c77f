import type { Adaptation } from "../api.ts";
import { digits, ms } from "../format.ts";
import { Figure } from "../ui/Figure.tsx";
import { State } from "../ui/State.tsx";

/** How fast the SLO's error budget is used up: at 1 it lasts exactly its period. Each pair burns when both of its windows do. */
export function ErrorBudget({ burn }: { burn: NonNullable<Adaptation["burn"]> }) {
  return (
    <div className="flex flex-wrap items-baseline gap-x-5 gap-y-1" data-testid="adapt-burn">
      <span className="eyebrow">Error budget</span>
      <span className="text-ink-2"><span className="num">{digits(burn.budget * 100)}</span> % of requests may take longer than <Figure figure={ms(burn.latencyMs)} /></span>
      {burn.windows.map((window) => (
        <span key={window.name} className="inline-flex flex-wrap items-baseline gap-x-2" title={`Burning when both windows are at ${digits(window.threshold)} or more`}>
          <State tone={window.isBurning ? "warn" : "ok"}>{window.isBurning ? "burning" : "lasts"}</State>
          <span className="text-ink-2"><Rate rate={window.longRate} /> in {span(window.longSeconds)}, <Rate rate={window.shortRate} /> in {span(window.shortSeconds)}; limit <span className="num">{digits(window.threshold)}</span> ×</span>
        </span>
      ))}
    </div>
  );
}

const Rate = ({ rate }: { rate: number | null }) => (rate === null ? <>too few requests</> : <><span className="num">{digits(rate)}</span> ×</>);
const span = (seconds: number): string => (seconds < 120 ? `${seconds} s` : `${seconds / 60} min`);
