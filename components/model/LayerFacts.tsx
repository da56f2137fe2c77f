import type { ReactNode } from "react";
import type { Layer, ModelFacts } from "../../server/model/model.ts";
import type { ProfileRow } from "../api.ts";
import { bytes, count, flops, ms, written } from "../format.ts";
import { Figure } from "../ui/Figure.tsx";
import { shapeText, valueSizes } from "./shape-text.ts";

/** Everything known of one layer: what it costs, what it gives, and what a cut after it would send. */
export function LayerFacts({ facts, layer, profiles }: { facts: ModelFacts; layer: Layer; profiles: readonly ProfileRow[] }) {
  const cut = facts.cuts[layer.index];
  const sizes = valueSizes(facts);
  return (
    <section aria-label="The chosen layer" data-testid="layer-facts" className="min-w-0">
      <h3 className="font-medium break-words">{layer.index + 1}. {layer.name}</h3>
      <p className="mb-2 text-ink-2">{Object.entries(layer.opTypes).sort((a, b) => b[1] - a[1]).map(([type, times]) => (times > 1 ? `${times} ${type}` : type)).join(", ")}</p>
      <dl className="grid grid-cols-[6.5rem_minmax(0,1fr)] gap-y-1">
        <Fact name="FLOPs"><Figure figure={flops(layer.flops)} /></Fact>
        <Fact name="Parameters"><Figure figure={count(layer.parameterCount)} /></Fact>
        <Fact name="Weights"><Figure figure={bytes(layer.weightBytes)} /></Fact>
        <Fact name="Workspace"><Figure figure={bytes(layer.workspaceBytes)} /></Fact>
        {profiles.map((profile) => <Fact key={profile.id} name={profile.nodeName ? `on ${profile.nodeName}` : "reference core"}><Figure figure={ms(profile.layerMs[layer.index])} kind={profile.kind} /></Fact>)}
        <Fact name="Gives">{layer.outputs.length === 0 ? <span className="text-ink-3">nothing</span> : <Tensors tensors={layer.outputs} values={facts.dimensionValues} sizes={sizes} />}</Fact>
        <Fact name="Cut after it">{!cut ? <span className="text-ink-3">the end of the model</span> : cut.legal ? <><Figure figure={bytes(cut.bytes)} /><Tensors tensors={cut.tensors} values={facts.dimensionValues} sizes={sizes} /></> : <span className="text-ink-2">not legal: {cut.reason}</span>}</Fact>
      </dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return <><dt className="truncate text-ink-3" title={name}>{name}</dt><dd className="min-w-0">{children}</dd></>;
}

function Tensors({ tensors, values, sizes }: { values: Readonly<Record<string, number>>; sizes: ReadonlyMap<string, readonly number[]>; tensors: readonly { name: string; dataType: string; shape: readonly (number | string)[] | null; bytes?: number }[] }) {
  return <ul>{tensors.map((tensor) => <li key={tensor.name} className="num text-xs break-all text-ink-2">{tensor.name} <span className="whitespace-nowrap text-ink-3">{tensor.dataType} {shapeText(tensor.shape, values, sizes.get(tensor.name))}{tensor.bytes === undefined ? "" : `, ${written(bytes(tensor.bytes))}`}</span></li>)}</ul>;
}
