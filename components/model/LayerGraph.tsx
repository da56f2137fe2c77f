// biome-ignore-all lint/a11y/useFocusableInteractive: the list has the focus and names the active option
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the list hears the keys
"use client";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import type { ModelFacts } from "../../server/model/model.ts";
import type { ProfileRow } from "../api.ts";
import { bytes, flops, written } from "../format.ts";
import { LayerFacts } from "./LayerFacts.tsx";
import { laneOf, layerEdges } from "./layer-edges.ts";
import { shapeText } from "./shape-text.ts";

const ROW_PX = 28;
const LANE_PX = 9;
/** More lanes than this share the last one: the picture stays beside its layers. */
const LANES_MAX = 18;

/** The layers in their order, what passes between them, and everything known of the chosen one. */
export function LayerGraph({ facts, profiles, chosen, choose }: { facts: ModelFacts; profiles: readonly ProfileRow[]; chosen: number; choose: (index: number) => void }) {
  const list = useRef<HTMLDivElement>(null);
  const at = Math.min(Math.max(0, chosen), facts.layers.length - 1);
  useEffect(() => {
    // The list alone moves, never the page around it.
    const frame = list.current;
    if (!frame) return;
    if (at * ROW_PX < frame.scrollTop) frame.scrollTop = at * ROW_PX;
    else if ((at + 1) * ROW_PX > frame.scrollTop + frame.clientHeight) frame.scrollTop = (at + 1) * ROW_PX - frame.clientHeight;
  }, [at]);
  const down = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((list.current?.clientHeight ?? 300) / ROW_PX) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -facts.layers.length, End: facts.layers.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    choose(Math.min(facts.layers.length - 1, Math.max(0, at + step)));
  };
  const layer = facts.layers[at];
  return (
    <div className="grid gap-x-6 gap-y-4 md:grid-cols-[minmax(0,1fr)_minmax(15rem,22rem)]">
      <div ref={list} className="relative max-h-[60vh] overflow-auto border-b border-line">
        <div className="relative flex" style={{ height: facts.layers.length * ROW_PX }}>
          <div role="listbox" tabIndex={0} aria-label="Layers" aria-activedescendant={`graph-layer-${at}`} onKeyDown={down} data-testid="layer-graph" className="min-w-0 flex-1 -outline-offset-2">
            {facts.layers.map((one) => (
              <div key={one.index} id={`graph-layer-${one.index}`} role="option" aria-selected={one.index === at} onClick={() => choose(one.index)} style={{ height: ROW_PX }} className={`flex cursor-pointer items-center gap-2 border-b border-line px-1 ${one.index === at ? "bg-accent-wash" : "hover:bg-sunken"}`}>
                <span className="num w-7 shrink-0 text-right text-xs text-ink-3">{one.index + 1}</span>
                <span className="min-w-0 truncate" title={one.name}>{one.name}</span>
                <span className="shrink-0 text-xs text-ink-3">{one.kind}</span>
                <span className="num ml-auto shrink-0 text-xs text-ink-2 max-sm:hidden">{one.outputs[0] ? shapeText(one.outputs[0].shape, facts.dimensionValues) : ""}</span>
                <span className="num w-20 shrink-0 text-right text-xs text-ink-2 max-sm:hidden">{written(flops(one.flops))}</span>
              </div>
            ))}
          </div>
          <Edges facts={facts} chosen={at} />
        </div>
      </div>
      {layer && <LayerFacts facts={facts} layer={layer} profiles={profiles} />}
    </div>
  );
}

/** Lines at the right of the list: the thicker, the more bytes (log); those of the chosen layer stand out. */
function Edges({ facts, chosen }: { facts: ModelFacts; chosen: number }) {
  const { edges, lanes, most } = useMemo(() => {
    const found = layerEdges(facts);
    return { edges: found, lanes: laneOf(found), most: Math.log(Math.max(2, ...found.map((edge) => edge.bytes))) };
  }, [facts]);
  const count = Math.min(LANES_MAX, Math.max(1, ...[...lanes.values()].map((lane) => lane + 1)));
  const width = count * LANE_PX + 12;
  const y = (index: number, end: -1 | 1) => (index + 0.5) * ROW_PX + end * 5;
  return (
    <svg role="img" aria-label={`${edges.length} connections between layers, ${edges.filter((edge) => edge.to - edge.from > 1).length} of them skip layers`} width={width} height={facts.layers.length * ROW_PX} className="shrink-0">
      {edges.map((edge) => {
        const x = 6 + Math.min(count - 1, lanes.get(edge) ?? 0) * LANE_PX + LANE_PX / 2;
        const isOfChosen = edge.from === chosen || edge.to === chosen;
        const [top, bottom] = [y(edge.from, 1), y(edge.to, -1)];
        return (
          <path key={`${edge.from}>${edge.to}`} d={`M0 ${top}H${x - 3}Q${x} ${top} ${x} ${top + 3}V${bottom - 3}Q${x} ${bottom} ${x - 3} ${bottom}H0`} fill="none" className={isOfChosen ? "stroke-accent" : "stroke-line-strong"} strokeWidth={0.75 + (Math.log(Math.max(1, edge.bytes)) / most) * 1.75}>
            <title>{`layer ${edge.from + 1} to layer ${edge.to + 1}: ${written(bytes(edge.bytes))}, ${edge.tensors.join(", ")}`}</title>
          </path>
        );
      })}
    </svg>
  );
}
