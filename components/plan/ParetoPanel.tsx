"use client";
import { useMutation } from "@tanstack/react-query";
import { api } from "../api.ts";
import { samePlacement } from "../canvas/placement-edit.ts";
import { editPlacement, useDrawing, useRequest, useWorkbench, useWorkbenchStore } from "../canvas/workbench-store.ts";
import { ms, perSecond, written } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { Problem } from "../ui/Problem.tsx";
import type { PlanScope } from "./use-planning.ts";

const WIDTH = 320;
const HEIGHT = 120;
const EDGE = 12;

/** Latency against throughput: each point is a plan that no other one beats in both. Picked by mouse, or by the arrow keys. */
export function ParetoPanel({ modelId, topologyId, deploymentId }: PlanScope) {
  const store = useWorkbenchStore();
  const request = useRequest();
  const { placement } = useDrawing();
  const saved = useWorkbench((state) => state.save === "saved" || state.save === "merged");
  const pareto = useMutation(api.plans.pareto.mutationOptions());
  const points = pareto.data ?? [];
  const chosen = points.findIndex((point) => samePlacement(point.placement, placement));
  const pick = (index: number) => { const point = points[index]; if (point) editPlacement(store, () => point.placement); };
  const latencies = points.map((point) => point.estimate.latencyMs);
  const rates = points.map((point) => point.estimate.throughputPerSecond);
  const place = (value: number, all: number[], size: number) => { const [low, high] = [Math.min(...all), Math.max(...all)]; return EDGE + (high === low ? 0.5 : (value - low) / (high - low)) * (size - 2 * EDGE); };
  return (
    <section aria-label="Latency against throughput" aria-busy={pareto.isPending} className="min-w-0 space-y-2">
      <h2 className="eyebrow flex flex-wrap items-center gap-3">Latency against throughput<Button onClick={() => pareto.mutate({ modelId, topologyId, ...request, ...(deploymentId ? { deploymentId } : {}) })} disabled={!saved || pareto.isPending} data-testid="find-pareto">{pareto.isPending ? "Searching…" : "Find the choices"}</Button></h2>
      {pareto.error && <Problem title="The choices could not be found" error={pareto.error} />}
      {pareto.data && points.length === 0 && <p className="text-ink-2">No placement keeps to all that is asked.</p>}
      {points.length === 1 && <p className="text-ink-2">One plan has both the lowest latency and the most requests/s.</p>}
      {points.length > 0 && (
        <fieldset className="relative border-b border-l border-line" style={{ height: HEIGHT, maxWidth: WIDTH * 1.5 }} data-testid="pareto">
          <legend className="sr-only">Plans to choose from</legend>
          {points.map(({ estimate }, index) => {
            const words = `${written(ms(estimate.latencyMs))}, ${written(perSecond(estimate.throughputPerSecond))}, ${estimate.stages.length} ${estimate.stages.length === 1 ? "stage" : "stages"}`;
            return <input key={words} type="radio" name="pareto" aria-label={words} title={words} checked={index === chosen} onChange={() => pick(index)} className="absolute size-6 -translate-x-1/2 translate-y-1/2 accent-(--accent)" style={{ left: `${(place(estimate.latencyMs, latencies, WIDTH) / WIDTH) * 100}%`, bottom: `${(place(estimate.throughputPerSecond, rates, HEIGHT) / HEIGHT) * 100}%` }} />;
          })}
        </fieldset>
      )}
      {points.length > 1 && <p className="flex justify-between text-xs text-ink-3" style={{ maxWidth: WIDTH * 1.5 }}><span>{written(ms(Math.min(...latencies)))}, {written(perSecond(Math.min(...rates)))}</span><span>{chosen < 0 ? `${points.length} plans` : `plan ${chosen + 1} of ${points.length}, ${points[chosen]?.estimate.stages.length ?? 0} stages`}</span><span>{written(ms(Math.max(...latencies)))}, {written(perSecond(Math.max(...rates)))}</span></p>}
    </section>
  );
}
