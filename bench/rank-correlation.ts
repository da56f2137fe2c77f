/** Spearman's ρ: 1 = one order is the other. Equal values share the mean of their ranks. */
export function rankCorrelation(a: readonly number[], b: readonly number[]): number {
  const ranks = (values: readonly number[]) => values.map((value) => values.filter((other) => other < value).length + (values.filter((other) => other === value).length - 1) / 2);
  const [left, right] = [ranks(a), ranks(b)];
  const mean = (a.length - 1) / 2;
  const together = left.reduce((sum, rank, index) => sum + (rank - mean) * ((right[index] ?? 0) - mean), 0);
  const spread = (values: number[]) => Math.sqrt(values.reduce((sum, rank) => sum + (rank - mean) ** 2, 0));
  return together / (spread(left) * spread(right));
}
