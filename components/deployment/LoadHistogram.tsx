import type { HistogramBin } from "../../server/loadgen/method/latency-histogram.ts";
import { nsText } from "./load-words.ts";

const WIDTH = 360;
const HEIGHT = 72;

/** Latencies of a run as bars over a logarithmic axis; the bound as a line. The percentiles beside it say the same in words. */
export function LoadHistogram({ bins, boundNs }: { bins: readonly HistogramBin[]; boundNs: number | null }) {
  const first = bins[0];
  const last = bins.at(-1);
  if (!first || !last) return null;
  const low = Math.log(Math.max(1000, Math.min(first.fromNs, boundNs ?? Number.POSITIVE_INFINITY)) / 1.2);
  const high = Math.log(Math.max(last.toNs, boundNs ?? 0) * 1.2);
  const x = (ns: number) => ((Math.log(Math.max(1000, ns)) - low) / (high - low)) * WIDTH;
  const most = Math.max(...bins.map(({ count }) => count));
  return (
    <figure className="min-w-0" data-testid="load-histogram">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" aria-hidden className="h-18 w-full border-b border-line">
        {bins.map(({ fromNs, toNs, count }) => <rect key={fromNs} x={x(fromNs)} width={Math.max(0.8, x(toNs) - x(fromNs) - 0.3)} y={HEIGHT - (count / most) * (HEIGHT - 6)} height={(count / most) * (HEIGHT - 6)} fill="var(--accent)" />)}
        {boundNs !== null && <path d={`M${x(boundNs)} 0V${HEIGHT}`} stroke="var(--bad)" strokeDasharray="4 3" vectorEffect="non-scaling-stroke" />}
      </svg>
      <figcaption className="num flex justify-between text-xs text-ink-2"><span>{nsText(first.fromNs)}</span>{boundNs !== null && <span>bound {nsText(boundNs)}</span>}<span>{nsText(last.toNs)}</span></figcaption>
    </figure>
  );
}
