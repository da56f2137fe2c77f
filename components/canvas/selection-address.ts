// Owns how what is chosen on a workbench is written into the address: "?selected=tn_1,tn_2&layers=3-14". Pure.
import type { LayerRange } from "../../server/model/model.ts";

/** Ids of what is chosen, and the chosen layers. */
export type Chosen = { ids: readonly string[]; layers: LayerRange | null };
/** A region of a large drawing would make an address longer than browsers keep. */
const IDS_MAX = 40;

/** Layers are counted from 1 and both ends belong to the range, as on the screen. Anything else in the address is ignored. */
export function readChosen(search: URLSearchParams): Chosen {
  const ids = (search.get("selected") ?? "").split(",").filter((id) => /^[a-z]+_[\w-]+$/.test(id)).slice(0, IDS_MAX);
  const [, first, last] = /^(\d{1,6})(?:-(\d{1,6}))?$/.exec(search.get("layers") ?? "") ?? [];
  const range = first === undefined ? null : { from: Number(first) - 1, to: Number(last ?? first) };
  return { ids, layers: range !== null && range.from >= 0 && range.to > range.from ? range : null };
}

/** The same address with this choice; other parts stay. */
export function writeChosen(search: URLSearchParams, { ids, layers }: Chosen): URLSearchParams {
  const next = new URLSearchParams(search);
  if (ids.length > 0 && ids.length <= IDS_MAX) next.set("selected", ids.join(","));
  else next.delete("selected");
  if (layers !== null) next.set("layers", layers.to - layers.from === 1 ? `${layers.to}` : `${layers.from + 1}-${layers.to}`);
  else next.delete("layers");
  return next;
}

export const sameChosen = (a: Chosen, b: Chosen): boolean => a.ids.join() === b.ids.join() && a.layers?.from === b.layers?.from && a.layers?.to === b.layers?.to;

/** Walking the layers or gathering several things is one step of the browser's history, not one for each key. */
export function historyStep(before: Chosen, after: Chosen): "push" | "replace" {
  const sameThings = before.ids.join() === after.ids.join();
  if (sameThings && before.layers !== null && after.layers !== null) return "replace";
  return before.ids.length > 0 && after.ids.length > 1 ? "replace" : "push";
}
