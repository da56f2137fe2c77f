"use client";
import { Square } from "lucide-react";
import { useState } from "react";
import type { FrontFigures } from "../../server/planner/plan.ts";
import type { ParetoPoint } from "../api.ts";
import { samePlacement } from "../canvas/placement-edit.ts";
import { takePlan, useDrawing, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { digits, ms, perSecond, written } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { Problem } from "../ui/Problem.tsx";
import { State } from "../ui/State.tsx";
import { gapText, OBJECTIVES } from "./objective-words.ts";
import type { PlanScope } from "./use-planning.ts";
import { usePareto } from "./use-pareto.ts";

const WIDTH = 320;
const HEIGHT = 120;
const EDGE = 12;

/** What latency is weighed against. Costs only where each plan's is known. */
const AXES = [
  { key: "throughputPerSecond", name: "throughput", say: (value: number) => written(perSecond(value)) },
  { key: "joules", name: "energy a request", say: (value: number) => `${digits(value)} J` },
  { key: "money", name: "money a request", say: (value: number) => digits(value) },
  { key: "grams", name: "CO₂ a request", say: (value: number) => `${digits(value)} g` },
] as const;

/** The plans that no other one beats in everything, found while one looks on. Picked by mouse, or by the arrow keys; each tells how well its search proved it. */
export function ParetoPanel(scope: PlanScope) {
  const saved = useWorkbench((state) => state.save === "saved" || state.save === "merged");
  const pareto = usePareto(scope);
  const { placement } = useDrawing();
  const [axisKey, setAxisKey] = useState<(typeof AXES)[number]["key"]>("throughputPerSecond");
  const points = pareto.points ?? [];
  const figures = pareto.points ? points.map(figuresOf) : pareto.front;
  const axes = AXES.filter(({ key }) => figures.length > 0 && figures.every((one) => one[key] !== null));
  const axis = axes.find(({ key }) => key === axisKey) ?? AXES[0];
  const chosen = points.findIndex((point) => samePlacement(point.placement, placement));
  return (
    <section aria-label="Plans to choose from" aria-busy={pareto.runs} className="min-w-0 space-y-2">
      <h2 className="eyebrow flex flex-wrap items-center gap-3">Plans to choose from
        {pareto.runs ? <Button onClick={pareto.stop} data-testid="stop-pareto"><Square size={12} />Stop</Button> : <Button onClick={pareto.start} disabled={!saved} data-testid="find-pareto">Find the choices</Button>}
        {pareto.runs && <State tone="busy">{pareto.front.length === 0 ? "searching" : `${pareto.front.length} so far`}</State>}
      </h2>
      {pareto.error !== null && <Problem title="The choices could not be found" error={pareto.error} />}
      {pareto.points?.length === 0 && <p className="text-ink-2">No placement keeps to all that is asked.</p>}
      {points.length === 1 && <p className="text-ink-2">One plan is the best in everything.</p>}
      {axes.length > 1 && <label className="flex items-center gap-2 text-xs text-ink-2">Latency against<select className="field w-auto! pr-1" value={axis.key} onChange={(event) => setAxisKey(event.target.value as typeof axisKey)}>{axes.map(({ key, name }) => <option key={key} value={key}>{name}</option>)}</select></label>}
      {figures.length > 0 && <Front figures={figures} axis={axis} points={pareto.points} chosen={chosen} />}
      {chosen >= 0 && points[chosen] && <Chosen point={points[chosen]} />}
      <p role="status" aria-live="polite" className="sr-only">{pareto.runs ? "Searching for plans to choose from" : pareto.points ? `${points.length} plans to choose from` : ""}</p>
    </section>
  );
}

type FrontProps = { figures: readonly FrontFigures[]; axis: (typeof AXES)[number]; points: readonly ParetoPoint[] | null; chosen: number };

function Front({ figures, axis, points, chosen }: FrontProps) {
  const store = useWorkbenchStore();
  const latencies = figures.map((one) => one.latencyMs);
  const others = figures.map((one) => one[axis.key] ?? 0);
  const place = (value: number, all: number[], size: number) => { const [low, high] = [Math.min(...all), Math.max(...all)]; return ((EDGE + (high === low ? 0.5 : (value - low) / (high - low)) * (size - 2 * EDGE)) / size) * 100; };
  const at = (index: number) => ({ left: `${place(latencies[index] ?? 0, latencies, WIDTH)}%`, bottom: `${place(others[index] ?? 0, others, HEIGHT)}%` });
  const words = (one: FrontFigures) => `${written(ms(one.latencyMs))}, ${axis.say(one[axis.key] ?? 0)}, ${one.stageCount} ${one.stageCount === 1 ? "stage" : "stages"}, ${gapText(one.proved, one.gap)}`;
  const pick = (index: number) => { const point = points?.[index]; if (point) takePlan(store, point); };
  return (
    <>
      <fieldset className="relative border-b border-l border-line" style={{ height: HEIGHT, maxWidth: WIDTH * 1.5 }} data-testid="pareto">
        <legend className="sr-only">Plans to choose from</legend>
        {figures.map((one, index) => points
          ? <input key={keyOf(one)} type="radio" name="pareto" aria-label={words(one)} title={words(one)} checked={index === chosen} onChange={() => pick(index)} className="absolute size-6 -translate-x-1/2 translate-y-1/2 accent-(--accent)" style={at(index)} />
          : <span key={keyOf(one)} aria-hidden title={words(one)} className="absolute size-2 -translate-x-1/2 translate-y-1/2 rounded-full bg-ink-3" style={at(index)} />)}
      </fieldset>
      {figures.length > 1 && <p className="flex justify-between gap-2 text-xs text-ink-3" style={{ maxWidth: WIDTH * 1.5 }}><span>{written(ms(Math.min(...latencies)))}, {axis.say(Math.min(...others))}</span><span>{chosen < 0 ? `${figures.length} plans` : `plan ${chosen + 1} of ${figures.length}`}</span><span>{written(ms(Math.max(...latencies)))}, {axis.say(Math.max(...others))}</span></p>}
    </>
  );
}

/** What its search minimised, under which limits, and what it proved. */
function Chosen({ point }: { point: ParetoPoint }) {
  const { origin, under } = point;
  const { gap, proved, stageCount } = figuresOf(point);
  const replicas = (point.replicas?.length ?? 0) + 1;
  if (origin.by !== "solver") return null;
  const limits = [...(under.latencyMs === null ? [] : [`within ${written(ms(under.latencyMs))}`]), ...(under.bottleneckMs === null ? [] : [`at ${written(perSecond(1000 / under.bottleneckMs))} or more`])];
  const name = OBJECTIVES.find((one) => one.key === origin.objective)?.name ?? origin.objective;
  return <p className="text-xs text-ink-2" data-testid="pareto-chosen">The plan with the {name.replace("lowest", "least")}{limits.length > 0 ? ` ${limits.join(" and ")}` : ""}: {gapText(proved, gap)}{replicas > 1 ? `, each of ${replicas} replicas beside those before it` : ""}; {stageCount} {stageCount === 1 ? "stage" : "stages"}{replicas > 1 ? " in all" : ""}.</p>;
}

/** No two plans of a front are alike in all of it. */
function keyOf({ latencyMs, throughputPerSecond, joules, money, grams }: FrontFigures): string {
  return [latencyMs, throughputPerSecond, joules, money, grams].join(" ");
}

/** Of the whole plan: means over its replicas, and the widest of their gaps. */
function figuresOf({ estimate, origin, replicas = [], together }: ParetoPoint): FrontFigures {
  const { latencyMs, throughputPerSecond, costs } = together ?? estimate;
  const proofs = [...(origin.by === "solver" ? [origin] : []), ...replicas.map((replica) => replica.proof ?? { gap: null, proved: false })];
  const gaps = proofs.map((proof) => proof.gap);
  return { latencyMs, throughputPerSecond, joules: costs?.joules ?? null, money: costs?.money ?? null, grams: costs?.grams ?? null, stageCount: [estimate, ...replicas.map((replica) => replica.estimate)].reduce((sum, one) => sum + one.stages.length, 0), gap: gaps.length === 0 || gaps.some((gap) => gap === null) ? null : Math.max(...(gaps as number[])), proved: proofs.length > 0 && proofs.every((proof) => proof.proved) };
}
