import type { Cut } from "../../server/model/model.ts";
import type { DeploymentRow } from "../api.ts";
import { bytes, written } from "../format.ts";
import { CutBytes } from "./CutBytes.tsx";

/** Layer numbers written below the bars. */
const TICKS = [0, 0.25, 0.5, 0.75, 1] as const;
const HEIGHT_PX = 72;

/** Bytes at each cut with their scale, where the least cross, and where deployments cut the model now. */
export function CutChart({ cuts, used }: { cuts: readonly Cut[]; /** Cuts in use, by index, with who cuts there. */ used: ReadonlyMap<number, readonly Pick<DeploymentRow, "id" | "name">[]> }) {
  const legal = cuts.filter((cut) => cut.legal);
  const by = [...legal].sort((a, b) => a.bytes - b.bytes);
  const [least, most] = [by[0], by.at(-1)];
  if (!least || !most) return null;
  return (
    <div>
      <div className="grid grid-cols-[5rem_minmax(0,1fr)] gap-x-2">
        <div aria-hidden className="num flex flex-col justify-between pb-1 text-right text-2xs text-ink-3"><span>{written(bytes(most.bytes))}</span><span>log scale</span><span>{written(bytes(least.bytes))}</span></div>
        <div className="border-b border-line-strong"><CutBytes cuts={cuts} height={HEIGHT_PX} at={[...used.keys()]} /></div>
        <span />
        <div aria-hidden className="num flex justify-between pt-0.5 text-2xs text-ink-3">{TICKS.map((share) => <span key={share}>{share === 0 ? "after layer " : ""}{Math.round(share * (cuts.length - 1)) + 1}</span>)}</div>
      </div>
      <p className="mt-2 text-xs text-ink-2">
        Fewest bytes: <span className="num">{written(bytes(least.bytes))}</span> after layer <span className="num">{least.index + 1}</span>.
        {used.size > 0 && <> Marked bars are cut now: {[...used].sort(([a], [b]) => a - b).map(([index, who], place) => <span key={index}>{place > 0 && "; "}after layer <span className="num">{index + 1}</span> by {who.map((one) => one.name).join(", ")}</span>)}.</>}
      </p>
    </div>
  );
}
