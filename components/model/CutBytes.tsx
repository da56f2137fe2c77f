import type { Cut } from "../../server/model/model.ts";
import { bytes, written } from "../format.ts";

/** Bytes that cross at each cut, on a log scale, so that good places to cut stand out. Illegal cuts are short ticks below the line. */
export function CutBytes({ cuts, at, height = 36 }: { cuts: readonly Cut[]; at?: readonly number[]; height?: number }) {
  if (cuts.length === 0) return null;
  const legal = cuts.filter((cut) => cut.legal);
  const logs = legal.map((cut) => Math.log(Math.max(1, cut.bytes)));
  const low = Math.min(...logs) - 0.5;
  const high = Math.max(...logs, low + 1);
  const least = legal.reduce((best, cut) => (cut.bytes < best.bytes ? cut : best), legal[0] ?? cuts[0] as Cut);
  const label = legal.length === 0 ? "No legal cut" : `Bytes that cross at each of ${legal.length} legal cuts; least ${written(bytes(least.bytes))} after layer ${least.index + 1}`;
  return (
    <svg role="img" aria-label={label} viewBox={`0 0 ${cuts.length} ${height}`} preserveAspectRatio="none" width="100%" height={height} className="block">
      {cuts.map((cut) => {
        const tall = cut.legal ? 2 + ((Math.log(Math.max(1, cut.bytes)) - low) / (high - low)) * (height - 8) : 3;
        return <rect key={cut.index} x={cut.index + 0.12} width={0.76} y={cut.legal ? height - 4 - tall : height - 3} height={tall} className={at?.includes(cut.index) ? "fill-accent" : cut.legal ? "fill-accent-mid/70" : "fill-line-strong"}><title>{`after layer ${cut.index + 1}: ${cut.legal ? written(bytes(cut.bytes)) : `not legal, ${cut.reason ?? ""}`}`}</title></rect>;
      })}
    </svg>
  );
}
