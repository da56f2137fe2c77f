// Owns the order a shuffle gives, draw for draw as libstdc++'s std::shuffle: while n² fits 32 bits, one draw serves two positions.
import { drawIndex } from "./draw-index.ts";
import type { Random } from "./mt19937.ts";

/** In place. */
export function shuffle(items: number[], random: Random): void {
  const count = items.length;
  if (count === 0) return;
  const swap = (a: number, b: number) => {
    const kept = items[a]!;
    items[a] = items[b]!;
    items[b] = kept;
  };
  let i = 1;
  if (Math.floor((2 ** 32 - 1) / count) < count) {
    for (; i < count; i++) swap(i, drawIndex(random, i + 1));
    return;
  }
  if (count % 2 === 0) swap(i++, drawIndex(random, 2));
  for (; i < count; i += 2) {
    const drawn = drawIndex(random, (i + 1) * (i + 2));
    swap(i, Math.floor(drawn / (i + 2)));
    swap(i + 1, drawn % (i + 2));
  }
}
