// Owns how a shape is written. Pure.
import type { Layer, ModelFacts } from "../../server/model/model.ts";

type Shape = readonly (number | string | null)[] | null;

/** "1×48×320": the sizes it has where they are known; else dimensions of known value as numbers, others by name, nameless ones as "?". */
export function shapeText(shape: Shape, values: Readonly<Record<string, number>>, sizes: readonly number[] | null = null): string {
  const known = sizes ?? shape;
  if (known === null) return "shape not known";
  if (known.length === 0) return "scalar";
  return known.map((one) => (typeof one === "string" ? (values[one] ?? (one === "" ? "?" : one)) : (one ?? "?"))).join("×");
}

/** Sizes of the values that cross any cut, by name. */
export function valueSizes({ cuts }: Pick<ModelFacts, "cuts">): ReadonlyMap<string, readonly number[]> {
  const known = new Map<string, readonly number[]>();
  for (const cut of cuts) for (const { name, sizes } of cut.tensors) if (sizes) known.set(name, sizes);
  return known;
}

/** The output that is most of what a layer gives; the first where sizes are not known. */
export function mainOutput({ outputs }: Pick<Layer, "outputs">, sizes: ReadonlyMap<string, readonly number[]>): Layer["outputs"][number] | undefined {
  const elements = (name: string) => sizes.get(name)?.reduce((product, size) => product * size, 1) ?? 0;
  return outputs.reduce<Layer["outputs"][number] | undefined>((best, one) => (best === undefined || elements(one.name) > elements(best.name) ? one : best), undefined);
}
