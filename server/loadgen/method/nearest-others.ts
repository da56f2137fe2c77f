// Owns telling embeddings apart without a classifier: each belongs to the label whose other samples' mean direction is nearest by cosine (Rocchio, 1971; left out: the one that is told).

/** Every sample is held against every label. */
export const MAX_EMBEDDING_LABELS = 100;

export type Embedded = { label: string; values: Float32Array };

/** One label each, in order; of a label's only sample another one, since nothing is left that it is like. All `values` as long. null = there is no other label. */
export function nearestOthers(samples: readonly Embedded[]): (string | null)[] {
  const size = samples[0]?.values.length ?? 0;
  const units = samples.map(({ values }) => unit(values));
  const sums = new Map<string, { sum: Float64Array; count: number }>();
  for (const [at, { label }] of samples.entries()) {
    const of = sums.get(label) ?? { sum: new Float64Array(size), count: 0 };
    for (let i = 0; i < size; i++) of.sum[i]! += units[at]![i]!;
    of.count++;
    sums.set(label, of);
  }
  const lengths = new Map([...sums].map(([label, { sum }]) => [label, Math.hypot(...sum)]));
  return samples.map(({ label: own }, at) => {
    let best: { label: string; cosine: number } | null = null;
    for (const [label, { sum, count }] of sums) {
      const isOwn = label === own;
      if (isOwn && count === 1) continue;
      const dot = dotOf(units[at]!, sum);
      const length = lengths.get(label)!;
      // Without itself: the sum less one unit vector.
      const cosine = isOwn ? (dot - 1) / (Math.sqrt(Math.max(0, length ** 2 - 2 * dot + 1)) || 1) : dot / (length || 1);
      if (best === null || cosine > best.cosine) best = { label, cosine };
    }
    return best?.label ?? null;
  });
}

function unit(values: Float32Array): Float64Array {
  const length = Math.hypot(...values) || 1;
  return Float64Array.from(values, (value) => value / length);
}

function dotOf(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
