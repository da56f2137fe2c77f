// Chance that a standard normal is z at most, to 1e-7 relative in both tails (rational Chebyshev fit of erfc, Numerical Recipes §6.2).

const FIT = [-1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398, 1.48851587, -0.82215223, 0.17087277];

export function normalWithin(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + x / 2);
  const exponent = FIT.reduceRight((sum, coefficient) => sum * t + coefficient, 0);
  const tail = (t * Math.exp(-x * x + exponent)) / 2;
  return z > 0 ? 1 - tail : tail;
}
