// Owns when windows of a measurement agree: the rule of NVIDIA's perf_analyzer (its --stability-percentage and three windows).

/** So many windows one after the other. */
export const AGREEING = 3;
/** Largest over smallest. */
const TOLERANCE = 1.1;
/** t of two degrees of freedom, 97.5 %. */
const T_2 = 4.303;

/** All above 0, and the largest within 10 % of the smallest. */
export function windowsAgree(values: readonly number[]): boolean {
  const least = Math.min(...values);
  return least > 0 && Math.max(...values) <= TOLERANCE * least;
}

/** Mean of three, and half a confidence interval of 95 %. */
export function meanOfThree(values: readonly number[]): { mean: number; plusMinus: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const deviation = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (AGREEING - 1));
  return { mean, plusMinus: (T_2 * deviation) / Math.sqrt(AGREEING) };
}
