import { ESTIMATOR_VERSION } from "../../server/planner/estimate.ts";
import { PREDICTION_RECORD, type WorstCase } from "../../server/planner/prediction-record.ts";
import { ms, perSecond, written } from "../format.ts";

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
const percent = (value: number): string => `${value.toFixed(1)} %`;
const shown = (what: WorstCase["what"], value: number): string => written(what === "latency" ? ms(value) : perSecond(value));

/** How far predictions were off the last time the cost model was held against real agents, by model, with the worst cases. */
export function PredictionErrors() {
  const { on, machine, models, worst, estimatorVersion } = PREDICTION_RECORD;
  const plans = models.reduce((sum, one) => sum + one.plans, 0);
  return (
    <details className="mt-8" data-testid="prediction-errors">
      <summary className="text-ink-2">How far predictions were off: latency by <span className="num">{percent(mean(models.map((one) => one.latencyPercent)))}</span> and throughput by <span className="num">{percent(mean(models.flatMap((one) => one.throughputPercent ?? [])))}</span> on average, over {plans} plans of {models.length} models</summary>
      <p className="mt-2 max-w-prose text-ink-2">Measured on {on} with real agents: {machine}. Errors are percent of what was measured, at the pace that the machine had meanwhile: the whole model was run by turns with the requests, and computing counts so many times longer than its profile says.{estimatorVersion === ESTIMATOR_VERSION ? "" : ` The cost model was version ${estimatorVersion} then; it is ${ESTIMATOR_VERSION} now.`} Your own nodes and links are held against their predictions on each deployment’s page.</p>
      <div className="mt-2 overflow-x-auto">
        <table className="rowed">
          <thead><tr><th>Model</th><th>Plans</th><th>Latency off by</th><th>Without the pace</th><th>Throughput off by</th><th>Rank of latencies</th><th>Memory off by at most</th></tr></thead>
          <tbody>{models.map((one) => <tr key={one.name}><td>{one.name}</td><td className="num">{one.plans}</td><td className="num">{percent(one.latencyPercent)}</td><td className="num">{percent(one.unpacedPercent)}</td><td className="num">{one.throughputPercent === null ? "not judged" : `${percent(one.throughputPercent)}, ${one.throughputPlans} plans`}</td><td className="num">{one.latencyRank.toFixed(2)}</td><td className="num">{one.memoryPercent === null ? "not read" : percent(one.memoryPercent)}</td></tr>)}</tbody>
        </table>
      </div>
      <h3 className="eyebrow mt-3 mb-1">Worst cases</h3>
      <ul className="space-y-0.5">{worst.map((one) => <li key={`${one.model} ${one.plan} ${one.what}`}>{one.model}, {one.plan}: {one.what} <span className="num">{shown(one.what, one.predicted)}</span> predicted, <span className="num">{shown(one.what, one.measured)}</span> measured</li>)}</ul>
    </details>
  );
}
