"use client";
import { Trash2 } from "lucide-react";
import { Button } from "../ui/Button.tsx";
import { Field, NumberField } from "./Field.tsx";
import { LinkInspector } from "./LinkInspector.tsx";
import { NodeInspector } from "./NodeInspector.tsx";
import { PlanInspector } from "./PlanInspector.tsx";
import { saveField } from "./save-field.ts";
import { removeSelected } from "./use-canvas-keys.ts";
import { showConflict, useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

/** What is chosen, to be read and edited; the plan when nothing is. */
export function Inspector() {
  const store = useWorkbenchStore();
  const selection = useWorkbench((state) => state.selection);
  const document = useWorkbench((state) => state.history.present.document);
  const node = selection?.kind === "node" ? document.nodes.find((one) => one.id === selection.id) : undefined;
  const link = selection?.kind === "link" ? document.links.find((one) => one.id === selection.id) : undefined;
  const zone = selection?.kind === "zone" ? document.zones.find((one) => one.id === selection.id) : undefined;
  const several = useWorkbench((state) => state.several);
  if (several.length > 1) return (
    <div className="p-3" data-testid="inspector">
      <h2 className="eyebrow mb-2">Chosen</h2>
      <p className="text-ink-2"><span className="num">{several.length}</span> things. Align them with A, copy them with Ctrl C, duplicate them with Ctrl D.</p>
      <Button look="danger" className="mt-4" onClick={() => removeSelected(store)}><Trash2 size={14} />Delete all <span className="num">{several.length}</span></Button>
    </div>
  );
  if (!node && !link && !zone) return <PlanInspector />;
  return (
    <div className="p-3" data-testid="inspector">
      {node && <NodeInspector key={node.id} node={node} />}
      {link && <LinkInspector key={link.id} link={link} />}
      {zone && <><h2 className="eyebrow mb-2">Zone</h2><Field key={zone.id} label="Name" value={zone.name} save={(name) => saveField(store, { kind: "zone", item: zone }, zone.name, { name: name || zone.name })} clash={(ours, theirs) => showConflict(store, { kind: "zone", id: zone.id, name: zone.name, field: "name", ours, theirs, kept: "theirs" })} /><NumberField key={`${zone.id} grams`} label="Carbon of its power" unit="g/kWh" value={zone.gramsPerKilowattHour ?? null} placeholder="not known" save={(gramsPerKilowattHour) => saveField(store, { kind: "zone", item: zone }, zone.name, { gramsPerKilowattHour })} clash={(ours, theirs) => showConflict(store, { kind: "zone", id: zone.id, name: zone.name, field: "gramsPerKilowattHour", ours, theirs, kept: "theirs" })} /></>}
      <Button look="danger" className="mt-4" onClick={() => removeSelected(store)}><Trash2 size={14} />Delete {selection?.kind}</Button>
    </div>
  );
}
