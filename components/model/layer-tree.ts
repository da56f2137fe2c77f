// Owns the foldable tree of a model's layers, as rows for a list. Pure.
import type { Layer, LayerRange } from "../../server/model/model.ts";

export type TreeRow =
  | { kind: "scope"; key: string; name: string; depth: number; range: LayerRange; folded: boolean }
  | { kind: "layer"; key: string; depth: number; layer: Layer; name: string };

/** Rows to show, in layer order. A scope that returns after another one starts a new row, so that order is never lost. `folded` holds scope keys. */
export function treeRows(layers: readonly Layer[], folded: ReadonlySet<string>): TreeRow[] {
  const rows: TreeRow[] = [];
  visit(layers, 0, layers.length, 0, folded, rows);
  return rows;
}

function visit(layers: readonly Layer[], from: number, to: number, depth: number, folded: ReadonlySet<string>, rows: TreeRow[]): void {
  let at = from;
  while (at < to) {
    const layer = layers[at] as Layer;
    const scope = layer.scope[depth];
    let end = at + 1;
    while (scope !== undefined && end < to && layers[end]?.scope[depth] === scope) end++;
    // A scope around one layer only would be a level without information.
    if (scope === undefined || end - at === 1) {
      rows.push({ kind: "layer", key: `layer-${layer.index}`, depth, layer, name: shortName(layer, depth) });
      at++;
      continue;
    }
    const key = `${scope}@${at}/${depth}`;
    const isFolded = folded.has(key);
    rows.push({ kind: "scope", key, name: scope, depth, range: { from: at, to: end }, folded: isFolded });
    if (!isFolded) visit(layers, at, end, depth + 1, folded, rows);
    at = end;
  }
}

function shortName(layer: Layer, depth: number): string {
  const prefix = layer.scope.slice(0, depth).join("/");
  return prefix !== "" && layer.name.startsWith(`${prefix}/`) ? layer.name.slice(prefix.length + 1) : layer.name;
}

/** Layers a row stands for. */
export const rowRange = (row: TreeRow): LayerRange => (row.kind === "scope" ? row.range : { from: row.layer.index, to: row.layer.index + 1 });

/** Range that covers two. */
export const spanOf = (a: LayerRange, b: LayerRange): LayerRange => ({ from: Math.min(a.from, b.from), to: Math.max(a.to, b.to) });
