// biome-ignore-all lint/a11y/noAutofocus: a dialog starts in its first field
"use client";
import { useState } from "react";
import { layersText, ms, perSecond } from "../format.ts";
import { Button } from "../ui/Button.tsx";
import { Dialog } from "../ui/Dialog.tsx";
import { Figure, predicted } from "../ui/Figure.tsx";
import { neighbourNode } from "./placement-edit.ts";
import { place } from "./use-drop.ts";
import { whatIfDropped } from "./what-if.ts";
import { useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** The keyboard's way of dragging: a range of layers and a node, with the same predictions and refusals. */
export function MoveLayersDialog() {
  const store = useWorkbenchStore();
  const open = useWorkbench((state) => state.moveOpen);
  return (
    <Dialog open={open} onOpenChange={(moveOpen) => store.setState({ moveOpen })} title="Move layers to…" description="Choose the layers and the node. Nothing runs differently until you deploy." testId="move-dialog">
      {open && <Choice />}
    </Dialog>
  );
}

function Choice() {
  const store = useWorkbenchStore();
  const { facts, problem, layers } = store.getState();
  const placement = useWorkbench((state) => state.history.present.placement);
  const nodes = useWorkbench((state) => state.history.present.document.nodes);
  const count = facts?.layers.length ?? 0;
  const [from, setFrom] = useState((layers?.from ?? 0) + 1);
  const [to, setTo] = useState(layers?.to ?? count);
  const range = { from: Math.max(0, from - 1), to: Math.min(count, to) };
  const [nodeId, setNode] = useState(neighbourNode(placement, range) ?? nodes[0]?.id ?? "");
  if (!problem) return <p className="text-ink-2">Choose a model first.</p>;
  if (nodes.length === 0) return <p className="text-ink-2">Draw a node first: close this and press N.</p>;
  const submit = () => { if (range.to > range.from && place(store, range, nodeId)) store.setState({ moveOpen: false, layers: range }); };
  return (
    <form onSubmit={(event) => { event.preventDefault(); submit(); }}>
      <div className="mb-3 grid grid-cols-2 gap-3">
        <label><span className="eyebrow">First layer</span><input autoFocus className="field" type="number" min={1} max={count} value={from} onChange={(event) => setFrom(event.target.valueAsNumber || 1)} /></label>
        <label><span className="eyebrow">Last layer of {count}</span><input className="field" type="number" min={1} max={count} value={to} onChange={(event) => setTo(event.target.valueAsNumber || 1)} /></label>
      </div>
      <fieldset>
        <legend className="eyebrow mb-1">Node, and what it would make of the plan</legend>
        {nodes.map((node) => {
          const after = range.to > range.from ? whatIfDropped(problem, placement, range, node.id) : null;
          const refusal = after?.blocking[0];
          return (
            <label key={node.id} className={`flex cursor-pointer items-start gap-2 border-b border-line py-1.5 ${refusal ? "text-ink-3" : ""}`}>
              <input type="radio" name="node" className="mt-1 accent-(--accent)" checked={nodeId === node.id} onChange={() => setNode(node.id)} aria-label={node.name} />
              <span className="min-w-0 flex-1"><span className="font-medium">{node.name}</span>{refusal && <span className="block text-xs text-bad">{refusal.message} <span className="text-ink-2">{refusal.fix}</span></span>}</span>
              {after?.estimate && !refusal && <span className="flex gap-3 text-xs"><Figure figure={ms(after.estimate.latencyMs)} kind={predicted(after.estimate.kind)} /><Figure figure={perSecond(after.estimate.throughputPerSecond)} kind={predicted(after.estimate.kind)} /></span>}
            </label>
          );
        })}
      </fieldset>
      <div className="mt-3 flex justify-end"><Button type="submit" look="primary" disabled={range.to <= range.from}>Move {range.to > range.from ? layersText(range) : "layers"}</Button></div>
    </form>
  );
}
