/** Says which class an embedding is nearest to, by cosine with the mean of each class' unit vectors (Rocchio, 1971). `examples`: at least one of each class, all as long. */
export function nearestCentroid<Label extends string>(examples: readonly { label: Label; embedding: readonly number[] }[]): (embedding: readonly number[]) => Label {
  const sums = new Map<Label, number[]>();
  for (const { label, embedding } of examples) {
    const length = Math.hypot(...embedding) || 1;
    const sum = sums.get(label) ?? embedding.map(() => 0);
    sums.set(label, sum.map((value, at) => value + (embedding[at] as number) / length));
  }
  const centroids = [...sums].map(([label, sum]) => ({ label, sum, length: Math.hypot(...sum) || 1 }));
  return (embedding) => {
    const near = centroids.map(({ label, sum, length }) => ({ label, cosine: sum.reduce((dot, value, at) => dot + value * (embedding[at] as number), 0) / length }));
    return near.reduce((best, one) => (one.cosine > best.cosine ? one : best)).label;
  };
}
