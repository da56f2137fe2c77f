"use client";
import { ChevronDown, ChevronRight } from "lucide-react";
import { useMemo, useState } from "react";
import type { Layer, LayerRange, ModelFacts } from "../../server/model/model.ts";
import { bytes, count, flops, written } from "../format.ts";
import { Figure } from "../ui/Figure.tsx";
import { rowRange, treeRows } from "./layer-tree.ts";
import { mainOutput, shapeText, valueSizes } from "./shape-text.ts";

/** The layers as a foldable table with the share of cost of each as a bar. */
export function LayerTable({ facts }: { facts: ModelFacts }) {
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  const rows = useMemo(() => treeRows(facts.layers, folded), [facts, folded]);
  const sizes = useMemo(() => valueSizes(facts), [facts]);
  const isTree = rows.some((row) => row.kind === "scope");
  const most = Math.max(1, ...facts.layers.map((layer) => layer.flops));
  const toggle = (key: string) => setFolded((old) => { const next = new Set(old); if (!next.delete(key)) next.add(key); return next; });
  return (
    <div className="relative max-h-[60vh] overflow-auto border-b border-line">
      <table className="rowed w-full">
        <thead className="sticky top-0 bg-ground"><tr><th>#</th><th>Layer</th><th>Gives</th><th className="!text-right">Ops</th><th className="w-24">Share of FLOPs</th><th className="!text-right">FLOPs</th><th className="!text-right">Parameters</th><th className="!text-right">Weights</th><th>Cut after it</th></tr></thead>
        <tbody>
          {rows.map((row) => {
            const sum = total(facts.layers, rowRange(row));
            return (
              <tr key={row.key} data-testid="layer-table-row">
                <td className="num text-ink-3">{row.kind === "layer" ? row.layer.index + 1 : ""}</td>
                <td style={{ paddingLeft: row.depth * 14 }} className="max-w-72">
                  {row.kind === "scope"
                    ? <button type="button" aria-expanded={!row.folded} onClick={() => toggle(row.key)} className="flex items-center gap-1 font-medium">{row.folded ? <ChevronRight size={13} /> : <ChevronDown size={13} />}{row.name}<span className="font-normal text-ink-3">{row.range.to - row.range.from} layers</span></button>
                    : <span className={`block truncate ${isTree ? "pl-4" : ""}`} title={row.layer.name}>{row.name} <span className="text-ink-3">{row.layer.kind}</span></span>}
                </td>
                <td className="num text-xs whitespace-nowrap text-ink-2">{row.kind === "layer" && <Gives facts={facts} layer={row.layer} sizes={sizes} />}</td>
                <td className="num text-right">{sum.ops}</td>
                <td>{row.kind === "layer" && <span className="mt-1.5 block h-1.5 bg-accent-mid" style={{ width: `${Math.max(1.5, (row.layer.flops / most) * 100)}%` }} aria-hidden />}</td>
                <td className="text-right"><Figure figure={flops(sum.flops)} /></td>
                <td className="text-right"><Figure figure={count(sum.parameters)} /></td>
                <td className="text-right"><Figure figure={bytes(sum.weights)} /></td>
                <td>{row.kind === "layer" && <CutCell facts={facts} layer={row.layer} />}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function Gives({ facts, layer, sizes }: { facts: ModelFacts; layer: Layer; sizes: ReturnType<typeof valueSizes> }) {
  const output = mainOutput(layer, sizes);
  return output ? <span title={output.name}>{shapeText(output.shape, facts.dimensionValues, sizes.get(output.name))} <span className="text-ink-3">{output.dataType}</span></span> : <span className="text-ink-3">nothing</span>;
}

function CutCell({ facts, layer }: { facts: ModelFacts; layer: Layer }) {
  const cut = facts.cuts[layer.index];
  if (!cut) return <span className="text-ink-3">end</span>;
  if (!cut.legal) return <span className="text-ink-3" title={cut.reason ?? undefined}>not legal: {cut.reason}</span>;
  return (
    <details>
      <summary className="whitespace-nowrap marker:text-ink-3"><Figure figure={bytes(cut.bytes)} /> <span className="text-ink-3">in {cut.tensors.length} tensor{cut.tensors.length === 1 ? "" : "s"}</span></summary>
      <ul className="mt-1 space-y-0.5">
        {cut.tensors.map((tensor) => <li key={tensor.name} className="num text-xs break-all text-ink-2">{tensor.name} <span className="text-ink-3">{tensor.dataType} {shapeText(tensor.shape, facts.dimensionValues, tensor.sizes)}, {written(bytes(tensor.bytes))}</span></li>)}
      </ul>
    </details>
  );
}

function total(layers: readonly Layer[], { from, to }: LayerRange) {
  const sum = { ops: 0, flops: 0, parameters: 0, weights: 0 };
  for (const layer of layers.slice(from, to)) {
    sum.ops += layer.opCount;
    sum.flops += layer.flops;
    sum.parameters += layer.parameterCount;
    sum.weights += layer.weightBytes;
  }
  return sum;
}
