"use client";
import { ChevronDown, ChevronRight, MoveRight } from "lucide-react";
import { type DragEvent, type KeyboardEvent, type MouseEvent, useMemo, useRef, useState } from "react";
import type { LayerRange } from "../../server/model/model.ts";
import { bytes, layersText, written } from "../format.ts";
import { CutBytes } from "../model/CutBytes.tsx";
import { rowRange, spanOf, type TreeRow, treeRows } from "../model/layer-tree.ts";
import { Button } from "../ui/Button.tsx";
import { LayerRow } from "./LayerRow.tsx";
import { useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** More rows than this are folded to their top scopes at first. */
const UNFOLDED_MAX = 90;

/** The model as a foldable stack. Click or arrows choose a layer, Shift a range; drag it onto a node, or "Move layers to…". */
export function LayerStack() {
  const store = useWorkbenchStore();
  const facts = useWorkbench((state) => state.facts);
  const placement = useWorkbench((state) => state.history.present.placement);
  const chosen = useWorkbench((state) => state.layers);
  const first = useMemo(() => (facts && facts.layers.length > UNFOLDED_MAX ? new Set(treeRows(facts.layers, new Set()).filter((row) => row.kind === "scope" && row.depth === 0).map((row) => row.key)) : new Set<string>()), [facts]);
  const [foldedNow, setFolded] = useState<ReadonlySet<string> | null>(null);
  const folded = foldedNow ?? first;
  const rows = useMemo(() => (facts ? treeRows(facts.layers, folded) : []), [facts, folded]);
  const anchor = useRef<LayerRange | null>(null);
  const [at, setAt] = useState(0);
  if (!facts) return null;
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
    const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const held = event.ctrlKey || event.metaKey;
    if (move !== undefined) {
      const next = Math.max(0, Math.min(rows.length - 1, at + move));
      const target = rows[next];
      if (target) choose(target, event.shiftKey);
      document.getElementById(`row-${target?.key}`)?.scrollIntoView({ block: "nearest" });
    } else if (held && event.key.toLowerCase() === "a") store.setState({ layers: { from: 0, to: facts.layers.length } });
    else if (row?.kind === "scope" && ((event.key === "ArrowLeft" && !row.folded) || (event.key === "ArrowRight" && row.folded))) toggle(row.key);
    else if (event.key === "Enter") store.setState({ layers: chosen ?? (row ? rowRange(row) : null), moveOpen: true });
    else return;
    event.preventDefault();
  };
  const cutsAt = placement.slice(1).map((stage) => stage.from - 1);
  return (
    <div className="nokey flex min-h-0 flex-1 flex-col" data-testid="layer-stack">
      <div className="border-b border-line px-3 py-2">
        <div className="mb-1 flex justify-between text-2xs text-ink-3"><span>bytes at each cut</span><span>{facts.cuts.filter((cut) => cut.legal).length} legal cuts</span></div>
        <CutBytes cuts={facts.cuts} at={cutsAt} />
      </div>
      <div role="listbox" tabIndex={0} aria-label="Layers" aria-multiselectable="true" aria-activedescendant={rows[at] ? `row-${rows[at].key}` : undefined} onKeyDown={keys} className="min-h-0 flex-1 overflow-y-auto py-1 focus-visible:outline-offset-[-2px]">
        {rows.map((row) => (
          <LayerRow key={row.key} row={row} facts={facts} placement={placement} chosen={chosen} choose={(event: MouseEvent) => choose(row, event.shiftKey)} drag={(event) => drag(event, row)} dragEnd={() => store.setState({ drag: null, hoverNodeId: null })}
            fold={row.kind === "scope" ? <button type="button" tabIndex={-1} aria-label={`${row.folded ? "Unfold" : "Fold"} ${row.name}`} onClick={(event) => { event.stopPropagation(); toggle(row.key); }} className="text-ink-3 hover:text-ink">{row.folded ? <ChevronRight size={13} /> : <ChevronDown size={13} />}</button> : null} />
        ))}
      </div>
      <div className="flex flex-wrap items-center gap-1.5 border-t border-line px-2 py-2">
        <Button look="quiet" onClick={() => store.setState({ layers: { from: 0, to: facts.layers.length } })} data-testid="select-all-layers">All</Button>
        <Button disabled={chosen === null} onClick={() => store.setState({ moveOpen: true })} data-testid="move-layers"><MoveRight size={14} />Move layers to…</Button>
        <span className="text-xs text-ink-3">{chosen ? `${layersText(chosen)}, ${written(bytes(facts.layers.slice(chosen.from, chosen.to).reduce((sum, layer) => sum + layer.weightBytes, 0)))}` : "choose or drag layers"}</span>
      </div>
    </div>
  );
}
