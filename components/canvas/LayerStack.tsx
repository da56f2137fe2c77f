"use client";
import { ChevronDown, ChevronRight, MoveRight } from "lucide-react";
import { type DragEvent, type KeyboardEvent, type MouseEvent, useEffect, useMemo, useRef, useState } from "react";
import type { LayerRange } from "../../server/model/model.ts";
import { bytes, layersText, written } from "../format.ts";
import { CutBytes } from "../model/CutBytes.tsx";
import { rowRange, spanOf, type TreeRow, treeRows } from "../model/layer-tree.ts";
import { shortcutOf } from "../shell/shortcuts.ts";
import { Button } from "../ui/Button.tsx";
import { Skeleton } from "../ui/Skeleton.tsx";
import { HEAT_KINDS, type HeatKind, layerHeat } from "./layer-heat.ts";
import { LayerRow, ROW_REM } from "./LayerRow.tsx";
import { rowWindow } from "./row-window.ts";
import { textScale } from "./text-scale.ts";
import { KeepHere } from "../plan/KeepHere.tsx";
import { useRequest, useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** More rows than this are folded to their top scopes at first. */
const UNFOLDED_MAX = 90;

/** The model as a foldable stack. Click or arrows choose a layer, Shift a range; drag it onto a node, or "Move layers to…". */
export function LayerStack() {
  const store = useWorkbenchStore();
  const facts = useWorkbench((state) => state.facts);
  const placement = useWorkbench((state) => state.history.present.placement);
  const chosen = useWorkbench((state) => state.layers);
  const pins = useRequest().pins ?? [];
  const first = useMemo(() => (facts && facts.layers.length > UNFOLDED_MAX ? new Set(treeRows(facts.layers, new Set()).filter((row) => row.kind === "scope" && row.depth === 0).map((row) => row.key)) : new Set<string>()), [facts]);
  const [foldedNow, setFolded] = useState<ReadonlySet<string> | null>(null);
  const folded = foldedNow ?? first;
  const rows = useMemo(() => (facts ? treeRows(facts.layers, folded) : []), [facts, folded]);
  const problem = useWorkbench((state) => state.problem);
  const [kind, setKind] = useState<HeatKind>("time");
  const heat = useMemo(() => (facts ? layerHeat(kind, facts, problem, placement) : null), [kind, facts, problem, placement]);
  const list = useRef<HTMLDivElement>(null);
  const seen = useSeen(list, facts !== null);
  const anchor = useRef<LayerRange | null>(null);
  const [at, setAt] = useState(0);
  if (!facts || !heat) return <div className="p-3"><Skeleton rows={12} label="Loading the layers" /></div>;
  const toggle = (key: string) => { const next = new Set(folded); if (!next.delete(key)) next.add(key); setFolded(next); };
  const choose = (row: TreeRow, extend: boolean) => {
    const range = rowRange(row);
    if (!extend) anchor.current = range;
    store.setState({ layers: extend && anchor.current ? spanOf(anchor.current, range) : range });
    setAt(rows.indexOf(row));
  };
  const drag = (event: DragEvent, row: TreeRow) => {
    const own = rowRange(row);
    const range = chosen && own.from >= chosen.from && own.to <= chosen.to ? chosen : own;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", layersText(range));
    store.setState({ layers: range, drag: { range, fromNodeId: null } });
  };
  const keys = (event: KeyboardEvent) => {
    const row = rows[at];
    const move = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, End: rows.length, Home: -rows.length }[event.key];
    const meant = shortcutOf(event, "layers")?.id;
    if (move !== undefined) {
      const next = Math.max(0, Math.min(rows.length - 1, at + move));
      const target = rows[next];
      if (target) choose(target, event.shiftKey);
      if (list.current) list.current.scrollTop = Math.max((next + 1) * seen.rowPx - list.current.clientHeight, Math.min(list.current.scrollTop, next * seen.rowPx));
    } else if (meant === "layers.all") store.setState({ layers: { from: 0, to: facts.layers.length } });
    else if (row?.kind === "scope" && ((event.key === "ArrowLeft" && !row.folded) || (event.key === "ArrowRight" && row.folded))) toggle(row.key);
    else if (meant === "layers.move") store.setState({ layers: chosen ?? (row ? rowRange(row) : null), moveOpen: true });
    else return;
    event.preventDefault();
  };
  const { first: from, last: to } = rowWindow(seen.top, seen.height, rows.length, seen.rowPx);
  // The row that the keyboard stands on stays in the page, so that its name can always be read out.
  const drawn = rows.slice(from, to).map((row, index) => ({ row, place: from + index }));
  const active = rows[at];
  if (active && (at < from || at >= to)) drawn.push({ row: active, place: at });
  const isTree = rows.some((row) => row.kind === "scope");
  const cutsAt = placement.slice(1).map((stage) => stage.from - 1);
  return (
    <div className="nokey flex min-h-0 flex-1 flex-col" data-testid="layer-stack">
      <div className="border-b border-line px-3 py-2">
        <div className="mb-1 flex justify-between text-2xs text-ink-3"><span>bytes at each cut</span><span>{facts.cuts.filter((cut) => cut.legal).length} legal cuts</span></div>
        <CutBytes cuts={facts.cuts} at={cutsAt} />
      </div>
      <fieldset className="flex flex-wrap items-center gap-x-2 border-b border-line px-2.5 py-1 text-xs">
        <legend className="sr-only">Heat of the layers</legend>
        {HEAT_KINDS.map((one) => <label key={one.kind} className={`flex cursor-pointer items-center gap-0.5 ${one.kind === kind ? "text-ink" : "text-ink-3"}`}><input type="radio" name="heat" className="size-3 accent-(--accent)" checked={one.kind === kind} onChange={() => setKind(one.kind)} />{one.name}</label>)}
        <span className="ml-auto text-2xs whitespace-nowrap text-ink-3" data-testid="heat-note">{heat.note}</span>
      </fieldset>
      <div ref={list} role="listbox" tabIndex={0} aria-label="Layers" aria-multiselectable="true" aria-activedescendant={active ? `row-${active.key}` : undefined} onKeyDown={keys} className="min-h-0 flex-1 overflow-y-auto py-1 focus-visible:outline-offset-[-2px]">
        <div role="presentation" className="relative" style={{ height: `${rows.length * ROW_REM}rem` }}>
        {drawn.map(({ row, place }) => (
          <LayerRow key={row.key} row={row} place={place} count={rows.length} heat={heat} facts={facts} placement={placement} chosen={chosen} choose={(event: MouseEvent) => choose(row, event.shiftKey)} drag={(event) => drag(event, row)} dragEnd={() => store.setState({ drag: null, hoverNodeId: null })} isTree={isTree} pinned={pins.some((pin) => pin.from <= rowRange(row).from && pin.to >= rowRange(row).to)}
            fold={row.kind === "scope" ? <button type="button" tabIndex={-1} aria-label={`${row.folded ? "Unfold" : "Fold"} ${row.name}`} onClick={(event) => { event.stopPropagation(); toggle(row.key); }} className="text-ink-3 hover:text-ink">{row.folded ? <ChevronRight size={13} /> : <ChevronDown size={13} />}</button> : null} />
        ))}
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-1.5 border-t border-line px-2 py-2">
        <Button look="quiet" onClick={() => store.setState({ layers: { from: 0, to: facts.layers.length } })} data-testid="select-all-layers">All</Button>
        <Button disabled={chosen === null} onClick={() => store.setState({ moveOpen: true })} data-testid="move-layers"><MoveRight size={14} />Move layers to…</Button>
        <KeepHere />
        <span className="text-xs text-ink-3">{chosen ? `${layersText(chosen)}, ${written(bytes(facts.layers.slice(chosen.from, chosen.to).reduce((sum, layer) => sum + layer.weightBytes, 0)))}` : "choose or drag layers"}</span>
      </div>
    </div>
  );
}

/** What the list shows, in pixels; measured again when it scrolls or changes its size. */
function useSeen(list: React.RefObject<HTMLDivElement | null>, ready: boolean) {
  const [seen, setSeen] = useState({ top: 0, height: 600, rowPx: ROW_REM * 16 });
  useEffect(() => {
    const box = list.current;
    if (!ready || !box) return;
    const measure = () => {
      const now = { top: box.scrollTop, height: box.clientHeight, rowPx: ROW_REM * 16 * textScale() };
      setSeen((old) => (old.top === now.top && old.height === now.height && old.rowPx === now.rowPx ? old : now));
    };
    measure();
    const sizes = new ResizeObserver(measure);
    sizes.observe(box);
    box.addEventListener("scroll", measure, { passive: true });
    return () => { sizes.disconnect(); box.removeEventListener("scroll", measure); };
  }, [list, ready]);
  return seen;
}
