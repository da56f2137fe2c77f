/** Maps arrays of which many are the same one: each is made anew once, so what was shared stays shared. */
export function mapDistinct(arrays: readonly Float64Array[], make: (values: Float64Array) => Float64Array): Float64Array[] {
  const made = new Map<Float64Array, Float64Array>();
  return arrays.map((values) => {
    const known = made.get(values) ?? make(values);
    made.set(values, known);
    return known;
  });
}
