"use client";
import { keyOf } from "../../server/policy/analyze/analysis.ts";
import { compareMeasured, sayMissed } from "../../server/policy/analyze/compare-measured.ts";
import type { Analysis } from "../api.ts";
import { digits } from "../format.ts";
import { ScrollArea } from "../ui/ScrollArea.tsx";
import { batchText, configurationText, figureText } from "./analysis-words.ts";

/** Everything that was measured, best first; what has no figure, with why. */
export function AnalysisTable({ analysis, pickedKey, pick }: { analysis: Analysis; pickedKey: string | null; pick(key: string): void }) {
  const { request, results, variants, paretoKeys, outcome } = analysis;
  if (results.length === 0) return null;
  const chosenKey = outcome?.chosen ? keyOf(outcome.chosen) : null;
  const labelOf = (planId: string) => variants.find((variant) => variant.planId === planId)?.label ?? planId;
  return (
    <ScrollArea label="Measured configurations" className="overflow-x-auto"><table className="rowed w-full text-xs" data-testid="analysis-table">
      <thead><tr><th>Look</th><th>Plan</th><th>Batches</th><th>At once</th><th>Requests a second</th><th>p50</th><th>p99</th><th>Memory</th><th>Others, req/s</th><th>Remarks</th></tr></thead>
      <tbody>
        {[...results].sort((a, b) => compareMeasured(a, b, request)).map(({ configuration, figures, why, othersPerSecond }) => {
          const key = keyOf(configuration);
          const remarks = [...(key === chosenKey ? ["chosen"] : []), ...(paretoKeys.includes(key) ? ["none better in both"] : []), ...(figures ? sayMissed(figures, request.constraints) : []), ...(figures?.isHarnessLate ? ["load generator late: true figures no worse"] : []), ...(why === null ? [] : [why])];
          return (
            <tr key={key} data-testid="analysis-result">
              <td><input type="radio" name="analysis-look" aria-label={`Look at ${configurationText(configuration, variants)}`} checked={key === pickedKey} onChange={() => pick(key)} /></td>
              <td>{labelOf(configuration.planId)}</td><td>{batchText(configuration.maxBatch)}</td><td className="num">{configuration.concurrency}</td>
              <td className="num">{figures ? figureText(figures, "rate") : "no figure"}</td><td className="num">{figureText(figures, "p50")}</td><td className="num">{figureText(figures, "p99")}</td><td className="num">{figureText(figures, "memory")}</td><td className="num">{digits(othersPerSecond)}</td><td>{remarks.join("; ")}</td>
            </tr>
          );
        })}
      </tbody>
    </table></ScrollArea>
  );
}
