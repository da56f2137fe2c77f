"use client";
import { keyOf } from "../../server/policy/analyze/analysis.ts";
import { missedBy } from "../../server/policy/analyze/compare-measured.ts";
import type { Analysis } from "../api.ts";
import { ms, perSecond, written } from "../format.ts";
import { configurationText, figureText } from "./analysis-words.ts";

const HEIGHT = 180;
const EDGE = 6;

/** Throughput against p99, each configuration a point; those that none beats are joined. Picked by mouse or the arrow keys; the table below says the same. */
export function AnalysisChart({ analysis, pickedKey, pick }: { analysis: Analysis; pickedKey: string | null; pick(key: string): void }) {
  const points = analysis.results.flatMap((one) => (one.figures ? [{ ...one, figures: one.figures, key: keyOf(one.configuration) }] : [])).sort((a, b) => a.figures.latencyMsP99 - b.figures.latencyMsP99);
  if (points.length === 0) return null;
  const most = { p99: Math.max(...points.map(({ figures }) => figures.latencyMsP99)), rate: Math.max(...points.map(({ figures }) => figures.perSecond)) };
  const { maxLatencyMsP99: bound } = analysis.request.constraints;
  const x = (p99: number) => EDGE + (p99 / most.p99) * (100 - 2 * EDGE);
  const y = (rate: number) => EDGE + (rate / most.rate) * (100 - 2 * EDGE);
  const front = points.filter(({ key }) => analysis.paretoKeys.includes(key));
  return (
    <figure className="min-w-0" data-testid="analysis-chart">
      <figcaption className="flex flex-wrap justify-between gap-x-4 text-xs text-ink-2"><span>requests a second, up to {written(perSecond(most.rate))}</span><span>● none is better in both &nbsp; ○ beaten &nbsp; dashed: misses a bound</span></figcaption>
      <fieldset className="relative border-b border-l border-line" style={{ height: HEIGHT }}>
        <legend className="sr-only">Configurations by p99 and throughput</legend>
        <svg viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden className="absolute inset-0 size-full">
          <polyline points={front.map(({ figures }) => `${x(figures.latencyMsP99)},${100 - y(figures.perSecond)}`).join(" ")} fill="none" stroke="var(--accent)" strokeWidth="1.5" vectorEffect="non-scaling-stroke" />
          {bound !== undefined && x(bound) <= 100 && <path d={`M${x(bound)} 0V100`} stroke="var(--bad)" strokeDasharray="4 3" vectorEffect="non-scaling-stroke" />}
        </svg>
        {points.map(({ key, figures, configuration }) => {
          const isFront = analysis.paretoKeys.includes(key);
          const misses = missedBy(figures, analysis.request.constraints) > 0;
          return (
            <label key={key} title={configurationText(configuration, analysis.variants)} className="absolute grid size-6 -translate-x-1/2 translate-y-1/2 cursor-pointer place-items-center" style={{ left: `${x(figures.latencyMsP99)}%`, bottom: `${y(figures.perSecond)}%` }}>
              <input type="radio" name="analysis-point" className="peer absolute inset-0 size-6 cursor-pointer opacity-0" data-testid="analysis-point" aria-label={`${configurationText(configuration, analysis.variants)}: ${figureText(figures, "rate")}, p99 ${figureText(figures, "p99")}${isFront ? ", none is better in both" : ""}${misses ? ", misses a bound" : ""}`} checked={key === pickedKey} onChange={() => pick(key)} />
              <span aria-hidden className={`size-2.5 rounded-full border-2 peer-checked:size-4 peer-focus-visible:outline-2 peer-focus-visible:outline-offset-2 peer-focus-visible:outline-(--accent) ${misses ? "border-dashed border-ink-3" : "border-accent"} ${isFront && !misses ? "bg-accent" : "bg-panel"}`} />
              {(isFront || key === pickedKey) && <span aria-hidden className="num pointer-events-none absolute top-full left-1/2 -translate-x-1/2 text-xs whitespace-nowrap text-ink-2">{shortLabel(configuration, analysis)}</span>}
            </label>
          );
        })}
      </fieldset>
      <p className="flex justify-between text-xs text-ink-2"><span>p99: 0 ms</span>{bound !== undefined && <span>bound {written(ms(bound))}</span>}<span>{written(ms(most.p99))}</span></p>
    </figure>
  );
}

/** "p3·2t b4 ×8": plan, threads, batch, at once. */
function shortLabel({ planId, threads, maxBatch, concurrency }: Analysis["results"][number]["configuration"], { variants }: Analysis): string {
  const revision = variants.find((variant) => variant.planId === planId)?.planRevision;
  return `p${revision ?? "?"}${threads === null ? "" : `·${threads}t`}${maxBatch === 1 ? "" : ` b${maxBatch}`} ×${concurrency}`;
}
