// biome-ignore-all lint/a11y/useFocusableInteractive: the field has the focus and names the active option
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the field hears the keys
// biome-ignore-all lint/a11y/noNoninteractiveElementToInteractiveRole: a listbox made of list items
// biome-ignore-all lint/a11y/noAutofocus: a box for typing starts in its field
"use client";
import { useReactFlow } from "@xyflow/react";
import { X } from "lucide-react";
import { type KeyboardEvent, useState } from "react";
import { layersText } from "../format.ts";
import { usePaletteEntries } from "../shell/palette-entries.ts";
import { IconButton } from "../ui/IconButton.tsx";
import { choose, type Workbench, useDrawing, useWorkbench, useWorkbenchStore } from "./workbench-store.ts";

type Found = { key: string; kind: string; name: string; ids: string[]; selectId: string; layers: Workbench["layers"] };
const SHOWN_MAX = 8;
const FLIGHT_MS = 350;

/** Finds a node, link, zone or segment by name and flies to it. */
export function FindBox() {
  const open = useWorkbench((state) => state.finding);
  const things = useThings();
  const fly = useFly();
  usePaletteEntries(() => things.map((one) => ({ id: `cmd-thing-${one.key.replaceAll(" ", "-")}`, group: `${one.kind} in this drawing`, name: one.name, run: () => fly(one) })));
  return open ? <Box everything={things} /> : null;
}

/** Chooses a thing and brings it into view. */
function useFly(): (one: Found) => void {
  const store = useWorkbenchStore();
  const flow = useReactFlow();
  return (one) => {
    choose(store, [one.selectId]);
    if (one.layers) store.setState({ layers: one.layers });
    void flow.fitView({ nodes: one.ids.map((id) => ({ id })), maxZoom: 1, padding: 0.4, duration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : FLIGHT_MS });
    // At once, so that the next key finds it: focus that came a frame later would end a name the key after Enter began.
    if (!focusCard(one.ids[0])) requestAnimationFrame(() => { if (document.activeElement === document.body) focusCard(one.ids[0]); });
  };
}

/** False while the card is not drawn: cards out of sight come with the flight. */
function focusCard(id: string | undefined): boolean {
  const card = document.querySelector<HTMLElement>(`.react-flow__node[data-id="${id}"]`);
  card?.focus({ preventScroll: true });
  return card !== null;
}

function Box({ everything }: { everything: Found[] }) {
  const store = useWorkbenchStore();
  const flyTo = useFly();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const found = everything.filter((one) => text.toLowerCase().split(/\s+/).every((word) => `${one.kind} ${one.name}`.toLowerCase().includes(word))).slice(0, SHOWN_MAX);
  const chosen = Math.max(0, Math.min(at, found.length - 1));
  const close = () => store.setState({ finding: false });
  const fly = (one: Found | undefined) => {
    if (!one) return;
    close();
    flyTo(one);
  };
  const down = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setAt(Math.min(chosen + 1, found.length - 1));
    else if (event.key === "ArrowUp") setAt(Math.max(chosen - 1, 0));
    else if (event.key === "Enter") fly(found[chosen]);
    else if (event.key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <search aria-label="Find in the topology" data-testid="find" className="absolute top-12 left-2 z-20 w-72 max-w-[calc(100%-1rem)] rounded-md border border-line-strong bg-panel p-1.5 shadow-[var(--shadow)]">
      <div className="flex gap-1">
        <input autoFocus role="combobox" aria-expanded aria-controls="find-results" aria-activedescendant={found.length > 0 ? `find-${chosen}` : undefined} aria-label="Find a node, link, zone or segment" className="field" placeholder="Node, link, zone or segment…" value={text} onChange={(event) => { setText(event.target.value); setAt(0); }} onKeyDown={down} />
        <IconButton label="Close" onClick={close}><X size={14} /></IconButton>
      </div>
      <ul id="find-results" role="listbox" aria-label="Found" className="mt-1">
        {found.map((one, index) => (
          <li key={one.key} id={`find-${index}`} role="option" aria-selected={index === chosen} onPointerMove={() => setAt(index)} onClick={() => fly(one)} className={`flex cursor-pointer justify-between gap-2 rounded-sm px-2 py-1 ${index === chosen ? "bg-accent-wash" : ""}`}><span className="truncate">{one.name}</span><span className="shrink-0 text-xs text-ink-3">{one.kind}</span></li>
        ))}
      </ul>
      {found.length === 0 && <p role="status" className="px-2 py-1 text-ink-2">{text ? `Nothing in this topology is called “${text}”.` : "Nothing is drawn yet."}</p>}
    </search>
  );
}

function useThings(): Found[] {
  const { document, placement } = useDrawing();
  const names = new Map(document.nodes.map((node) => [node.id, node.name]));
  return [
    ...document.nodes.map((node): Found => ({ key: node.id, kind: "node", name: node.name, ids: [node.id], selectId: node.id, layers: null })),
    ...placement.map((stage, index): Found => ({ key: `segment ${index}`, kind: "segment", name: `${index + 1}: ${layersText(stage)} on ${names.get(stage.topologyNodeId) ?? "?"}`, ids: [stage.topologyNodeId], selectId: stage.topologyNodeId, layers: { from: stage.from, to: stage.to } })),
    ...document.zones.map((zone): Found => ({ key: zone.id, kind: "zone", name: zone.name, ids: [zone.id], selectId: zone.id, layers: null })),
    ...document.links.map((link): Found => ({ key: link.id, kind: "link", name: `${names.get(link.fromId)} ${link.bidirectional ? "↔" : "→"} ${names.get(link.toId)}`, ids: [link.fromId, link.toId], selectId: link.id, layers: null })),
  ];
}
