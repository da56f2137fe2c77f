"use client";
import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import type { TopologyDocument } from "../../server/topology/topology.ts";
import { say } from "../live/say.ts";
import { Button } from "../ui/Button.tsx";
import { IconButton } from "../ui/IconButton.tsx";
import type { Conflict } from "./merge-documents.ts";
import { edit, useWorkbench, useWorkbenchStore, type WorkbenchStore } from "./workbench-store.ts";
import { remove } from "./canvas-edit.ts";

const FIELDS: Record<string, string> = { name: "name", zoneId: "zone", nodeId: "machine", trust: "trust", memoryBytes: "memory", speed: "speed", pricePerHour: "price", idleWatts: "idle power", activeWatts: "active power", gramsPerKilowattHour: "carbon", pricePerGigabyte: "price of traffic", latencyMs: "latency", bandwidthBytesPerSecond: "bandwidth", bidirectional: "directions", fromId: "first end", toId: "second end", sourceId: "ingress" };

const nameOf = ({ name, field }: Conflict): string => (field === null ? name : `${name} · ${FIELDS[field] ?? field}`);

/** What two people changed at once: both values, whose is kept, and the way to the other. */
export function Conflicts() {
  const store = useWorkbenchStore();
  const conflicts = useWorkbench((state) => state.conflicts);
  const document = useWorkbench((state) => state.history.present.document);
  const told = useRef<readonly Conflict[]>([]);
  useEffect(() => {
    const fresh = conflicts.filter((one) => !told.current.includes(one));
    told.current = conflicts;
    const last = fresh.at(-1);
    if (last) say(`Changed in two places: ${nameOf(last)}${fresh.length > 1 ? ` and ${fresh.length - 1} more` : ""}.`);
  }, [conflicts]);
  if (conflicts.length === 0) return null;
  const value = (one: unknown) => (one === null ? "none" : typeof one === "boolean" ? (one ? "both" : "one") : ([...document.nodes, ...document.zones].find(({ id }) => id === one)?.name ?? String(one)));
  const drop = (conflict: Conflict) => store.setState((state) => ({ conflicts: state.conflicts.filter((one) => one !== conflict) }));
  return (
    <section aria-label="Changed in two places" data-testid="conflicts" className="absolute top-12 right-2 z-20 max-h-[60%] w-80 max-w-[calc(100%-1rem)] overflow-y-auto rounded-md border border-warn bg-panel p-2 shadow-[var(--shadow)]">
      <h2 className="eyebrow mb-1">Changed in two places</h2>
      <ul className="space-y-2">
        {conflicts.map((conflict, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the same figure may be in conflict twice
          <li key={`${conflict.id} ${conflict.field} ${index}`} data-testid="conflict" className="border-t border-line pt-1.5 text-xs">
            <div className="flex items-start gap-2"><p className="min-w-0 flex-1 font-medium break-words">{nameOf(conflict)}</p><IconButton label="Keep as it is" className="size-5!" onClick={() => drop(conflict)}><X size={12} /></IconButton></div>
            {conflict.gone ? <p className="text-ink-2">Deleted elsewhere while you typed <b className="num text-ink">{value(conflict.ours)}</b>.</p> : conflict.field === null
              ? <p className="text-ink-2">{conflict.kept === "ours" ? "Deleted elsewhere while you changed it. It is kept, as you have it." : "You deleted it while it was changed elsewhere. It is kept, as it is there."}</p>
              : <p className="text-ink-2">Yours <b className="num text-ink">{value(conflict.ours)}</b>, saved first elsewhere <b className="num text-ink">{value(conflict.theirs)}</b>, which is kept.</p>}
            <Button className="mt-1" onClick={() => { takeOther(store, conflict); drop(conflict); }}>{conflict.gone ? "Bring it back" : conflict.field === null ? "Delete it" : `Use ${value(conflict.ours)}`}</Button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function takeOther(store: WorkbenchStore, { kind, id, field, ours, gone }: Conflict): void {
  edit(store, (drawing) => {
    if (field === null) return remove(drawing, new Set([id]));
    if (kind === "drawing") return { ...drawing, document: { ...drawing.document, sourceId: ours as string | null } };
    const key = kind === "node" ? "nodes" : kind === "link" ? "links" : "zones";
    const items = drawing.document[key];
    const back = gone && !items.some((one) => one.id === id) ? fitting(drawing.document, gone) : [];
    return { ...drawing, document: { ...drawing.document, [key]: [...items, ...back].map((one) => (one.id === id ? { ...one, [field]: ours } : one)) } };
  });
}

/** What was deleted, as it can stand in the drawing of now: without a zone that went too; a link only between ends that are there. */
function fitting({ nodes, zones }: TopologyDocument, gone: NonNullable<Conflict["gone"]>): NonNullable<Conflict["gone"]>[] {
  if ("fromId" in gone) return nodes.filter((node) => node.id === gone.fromId || node.id === gone.toId).length === 2 ? [gone] : [];
  return ["zoneId" in gone && !zones.some((zone) => zone.id === gone.zoneId) ? { ...gone, zoneId: null } : gone];
}
