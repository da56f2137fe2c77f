// biome-ignore-all lint/a11y/useFocusableInteractive: the list has the focus and names the active option
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the list hears the keys
import { Pin } from "lucide-react";
import type { DragEvent, MouseEvent, ReactNode } from "react";
import type { LayerRange, ModelFacts } from "../../server/model/model.ts";
import type { Placement } from "../../server/planner/plan.ts";
import { bytes, flops, layersText, written } from "../format.ts";
import { type Heat, rangeHeat } from "./layer-heat.ts";
import { rowRange, type TreeRow } from "../model/layer-tree.ts";

/** Height of a row, which grows with the text; the list is drawn by it. */
export const ROW_REM = 1.375;
const TAIL_LENGTH = 5;

type Props = { row: TreeRow; place: number; count: number; heat: Heat; facts: ModelFacts; placement: Placement; chosen: LayerRange | null; choose: (event: MouseEvent) => void; drag: (event: DragEvent) => void; dragEnd: () => void; fold: ReactNode; /** False where the model has no scopes at all. */ isTree: boolean; /** It stays where it is in every plan. */ pinned: boolean };

/** One row of the stack: where it lies, its name, its share of the cost; under it the cut, when one may or does go there. */
export function LayerRow({ row, place, count, heat, facts, placement, chosen, choose, drag, dragEnd, fold, isTree, pinned }: Props) {
  const range = rowRange(row);
  const isChosen = chosen !== null && range.from >= chosen.from && range.to <= chosen.to;
  const layers = facts.layers.slice(range.from, range.to);
  const cost = layers.reduce((sum, layer) => sum + layer.flops, 0);
  const { share, text } = rangeHeat(heat, range);
  const stage = placement.findIndex((one) => one.from <= range.from && one.to >= range.to);
  const cutHere = placement.some((one) => one.from === range.to);
  const cut = facts.cuts[range.to - 1];
  // Names of one model differ at their ends: a long one loses its middle.
  const [head, tail] = [row.name.slice(0, -TAIL_LENGTH), row.name.slice(-TAIL_LENGTH)];
  const title = `${layersText(range)}: ${heat.name} ${text}; ${written(flops(cost))}, ${written(bytes(layers.reduce((sum, layer) => sum + layer.weightBytes, 0)))} of weights${cut ? (cut.legal ? `; a cut after it sends ${written(bytes(cut.bytes))}` : `; no cut after it: ${cut.reason ?? "not legal"}`) : ""}`;
  return (
    <div id={`row-${row.key}`} role="option" aria-selected={isChosen} aria-posinset={place + 1} aria-setsize={count} style={{ top: `${place * ROW_REM}rem` }} draggable onDragStart={drag} onDragEnd={dragEnd} onClick={choose} title={title}
      data-testid="layer-row" data-from={range.from} data-to={range.to} data-stage={stage}
      className={`absolute inset-x-0 flex h-[1.375rem] cursor-grab items-center gap-1.5 border-b pr-2 select-none ${cutHere ? "border-b-accent" : cut?.legal === false ? "border-b-transparent" : "border-b-line/60"} ${isChosen ? "bg-accent-wash" : "hover:bg-sunken"}`}>
      <span className={`num grid h-full w-6 shrink-0 place-items-center text-2xs ${stage >= 0 ? "bg-accent-wash text-accent" : "text-ink-3"}`} aria-hidden>{stage >= 0 ? stage + 1 : "·"}</span>
      {row.depth > 0 && <span style={{ width: row.depth * 9 }} className="shrink-0" />}
      {isTree && <span className="grid w-3.5 shrink-0 place-items-center">{fold}</span>}
      <span aria-hidden className={`flex min-w-0 flex-1 ${row.kind === "scope" ? "font-medium" : ""}`}><span className="truncate">{head}</span><span className="shrink-0 whitespace-pre">{tail}</span></span>
      <span className="sr-only">{row.name}, {title}{stage >= 0 ? `, in segment ${stage + 1}` : ", not placed"}{pinned ? ", stays there" : ""}</span>
      {pinned && <Pin size={11} aria-hidden className="shrink-0 text-ink-2" />}
      {row.kind === "scope" && <span className="num text-2xs text-ink-3" aria-hidden>{range.to - range.from}</span>}
      <span className="num w-14 shrink-0 text-right text-2xs text-ink-2" aria-hidden data-testid="row-heat">{text}</span>
      <span className="h-[5px] w-9 shrink-0 bg-line" aria-hidden><span className="block h-full bg-accent-mid" style={{ width: `${share > 0 ? Math.max(3, share * 100) : 0}%` }} /></span>
    </div>
  );
}
