// biome-ignore-all lint/a11y/useFocusableInteractive: the list has the focus and names the active option
// biome-ignore-all lint/a11y/useKeyWithClickEvents: the list hears the keys
"use client";
import { type KeyboardEvent, useEffect, useMemo, useRef } from "react";
import type { Layer, ModelFacts } from "../../server/model/model.ts";
import type { ProfileRow } from "../api.ts";
import { bytes, count, flops, written } from "../format.ts";
import { Figure } from "../ui/Figure.tsx";
import { LayerFacts } from "./LayerFacts.tsx";
import { laneOf, type LayerEdge, layerEdges } from "./layer-edges.ts";
import { mainOutput, shapeText, valueSizes } from "./shape-text.ts";

/** Height of a row at the usual text size; the list and its lines grow with the text. */
const ROW_PX = 28;
const REM_PX = 16;
const rem = (px: number) => `${px / REM_PX}rem`;
/** Number, layer, what it gives, parameters, FLOPs, cut after it. */
const COLUMNS = "grid grid-cols-[2rem_minmax(0,1fr)_5rem] items-center gap-x-3 px-1 sm:grid-cols-[2rem_minmax(6rem,1fr)_11rem_4.5rem_5.5rem_8rem]";
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
    const head = frame.querySelector<HTMLElement>("[data-head]")?.offsetHeight ?? 0;
    const row = (frame.scrollHeight - head) / facts.layers.length;
    if (at * row < frame.scrollTop) frame.scrollTop = at * row;
    else if (head + (at + 1) * row > frame.scrollTop + frame.clientHeight) frame.scrollTop = head + (at + 1) * row - frame.clientHeight;
  }, [at, facts.layers.length]);
  const down = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((list.current?.clientHeight ?? 300) / ROW_PX) - 1);
    const step = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -facts.layers.length, End: facts.layers.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    choose(Math.min(facts.layers.length - 1, Math.max(0, at + step)));
  };
  const layer = facts.layers[at];
  const sizes = useMemo(() => valueSizes(facts), [facts]);
  const lanes = useMemo(() => lanesOf(facts), [facts]);
  const mostBytes = Math.max(1, ...facts.cuts.map((cut) => (cut.legal ? cut.bytes : 0)));
  return (
    <div className="grid gap-x-6 gap-y-4 lg:grid-cols-[minmax(0,1fr)_minmax(15rem,20rem)]">
      <div ref={list} className="relative max-h-[70vh] overflow-auto border-b border-line">
        <div data-head aria-hidden className={`sticky top-0 z-10 h-7 border-b border-line-strong bg-ground text-2xs font-medium text-ink-3 ${COLUMNS}`} style={{ paddingRight: rem(lanes.width + 4) }}>
          <span className="text-right">#</span><span>Layer</span><span className="max-sm:hidden">Gives</span><span className="text-right max-sm:hidden">Parameters</span><span className="text-right max-sm:hidden">FLOPs</span><span className="text-right">Cut after it</span>
        </div>
        <div className="relative flex" style={{ height: rem(facts.layers.length * ROW_PX) }}>
          <div role="listbox" tabIndex={0} aria-label="Layers" aria-activedescendant={`graph-layer-${at}`} onKeyDown={down} data-testid="layer-graph" className="min-w-0 flex-1 -outline-offset-2">
            {facts.layers.map((one) => <Row key={one.index} facts={facts} layer={one} sizes={sizes} mostBytes={mostBytes} isChosen={one.index === at} choose={() => choose(one.index)} />)}
          </div>
          <Edges facts={facts} lanes={lanes} chosen={at} />
        </div>
      </div>
      {layer && <LayerFacts facts={facts} layer={layer} profiles={profiles} />}
    </div>
  );
}

type RowProps = { facts: ModelFacts; layer: Layer; sizes: ReturnType<typeof valueSizes>; mostBytes: number; isChosen: boolean; choose: () => void };

function Row({ facts, layer, sizes, mostBytes, isChosen, choose }: RowProps) {
  const output = mainOutput(layer, sizes);
  const cut = facts.cuts[layer.index];
  return (
    <div id={`graph-layer-${layer.index}`} role="option" aria-selected={isChosen} onClick={choose} style={{ height: rem(ROW_PX) }} className={`cursor-pointer border-b border-line ${COLUMNS} ${isChosen ? "bg-accent-wash" : "hover:bg-sunken"}`}>
      <span className="num text-right text-xs text-ink-3">{layer.index + 1}</span>
      <span className="flex min-w-0 items-baseline gap-2"><span className="min-w-0 truncate" title={layer.name}>{layer.name}</span><span className="shrink-0 text-xs text-ink-3 max-sm:hidden">{layer.kind}</span></span>
      <span className="num truncate text-xs text-ink-2 max-sm:hidden" title={output?.name}>{output ? shapeText(output.shape, facts.dimensionValues, sizes.get(output.name)) : "nothing"} <span className="text-ink-3">{output?.dataType}</span></span>
      <span className="text-right text-xs text-ink-2 max-sm:hidden"><Figure figure={count(layer.parameterCount)} /></span>
      <span className="text-right text-xs text-ink-2 max-sm:hidden"><Figure figure={flops(layer.flops)} /></span>
      {cut?.legal
        ? <span className="flex items-center justify-end gap-2 text-xs text-ink-2"><span aria-hidden className="h-1.5 flex-1 max-sm:hidden"><span className="ml-auto block h-full bg-accent-mid" style={{ width: `${(cut.bytes / mostBytes) * 100}%` }} /></span><Figure figure={bytes(cut.bytes)} className="min-w-[4.4rem] text-right" /></span>
        : <span className="text-right text-xs text-ink-3" title={cut?.reason ?? undefined}>{cut ? "no cut" : "end"}</span>}
    </div>
  );
}

type Lanes = { edges: LayerEdge[]; laneOf: ReturnType<typeof laneOf>; most: number; count: number; /** Pixels at the usual text size. */ width: number };

function lanesOf(facts: ModelFacts): Lanes {
  const edges = layerEdges(facts);
  const lanes = laneOf(edges);
  const count = Math.min(LANES_MAX, Math.max(1, ...[...lanes.values()].map((lane) => lane + 1)));
  return { edges, laneOf: lanes, most: Math.log(Math.max(2, ...edges.map((edge) => edge.bytes))), count, width: count * LANE_PX + 12 };
}

/** Lines at the right of the list: the thicker, the more bytes (log); those of the chosen layer stand out. */
function Edges({ facts, lanes, chosen }: { facts: ModelFacts; lanes: Lanes; chosen: number }) {
  const { edges, most, count, width } = lanes;
  const height = facts.layers.length * ROW_PX;
  const y = (index: number, end: -1 | 1) => (index + 0.5) * ROW_PX + end * 5;
  return (
    <svg role="img" aria-label={`${edges.length} connections between layers, ${edges.filter((edge) => edge.to - edge.from > 1).length} of them skip layers`} viewBox={`0 0 ${width} ${height}`} style={{ width: rem(width), height: rem(height) }} className="shrink-0">
      {edges.map((edge) => {
        const x = 6 + Math.min(count - 1, lanes.laneOf.get(edge) ?? 0) * LANE_PX + LANE_PX / 2;
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
