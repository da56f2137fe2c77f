// Owns how a shape is written. Pure.

/** "1×48×320": dimensions of known value as numbers, others by name, nameless ones as "?". */
export function shapeText(shape: readonly (number | string | null)[] | null, values: Readonly<Record<string, number>>): string {
  if (shape === null) return "rank not known";
  if (shape.length === 0) return "scalar";
  return shape.map((one) => (typeof one === "string" ? (values[one] ?? (one === "" ? "?" : one)) : (one ?? "?"))).join("×");
}
