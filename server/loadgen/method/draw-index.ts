// Owns drawing an integer below a limit, draw for draw as libstdc++'s uniform_int_distribution does from a 32-bit generator.
// D. Lemire, "Fast Random Integer Generation in an Interval", ACM TOMACS 29(1), 2019, algorithm 5.
import type { Random } from "./mt19937.ts";

/** 0 to `count` − 1; `count` from 1 to 2³² − 1. Takes one number of `random`, more when the first would make some results likelier than others. */
export function drawIndex(random: Random, count: number): number {
  let product = multiply(random(), count);
  if (product.low < count) {
    const threshold = (2 ** 32 - count) % count;
    while (product.low < threshold) product = multiply(random(), count);
  }
  return product.high;
}

/** Both halves of a 64-bit product: a double holds 53 bits. */
function multiply(a: number, b: number): { high: number; low: number } {
  const lower = (a & 0xffff) * b;
  const upper = (a >>> 16) * b + Math.floor(lower / 65_536);
  return { high: Math.floor(upper / 65_536), low: ((upper % 65_536) * 65_536 + (lower % 65_536)) >>> 0 };
}
