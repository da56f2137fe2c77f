// Owns finding blobs in a map of probabilities: 8-connected pixels above a threshold.
import type { Corner } from "./smallest-rectangle.ts";

/**
 * The border pixels of each blob (a pixel with a 4-neighbour outside the blob): enough for its hull, far fewer than all. In reading order,
 * at most `maxBlobs`.
 */
export function findComponents(values: Float32Array, width: number, height: number, threshold: number, maxBlobs: number): Corner[][] {
  const seen = new Uint8Array(width * height);
  const stack: number[] = [];
  const blobs: Corner[][] = [];
  for (let start = 0; start < values.length && blobs.length < maxBlobs; start++) {
    if (seen[start] || values[start]! <= threshold) continue;
    const border: Corner[] = [];
    seen[start] = 1;
    stack.push(start);
    while (stack.length > 0) {
      const at = stack.pop()!;
      const x = at % width;
      const y = (at - x) / width;
      let inner = x > 0 && y > 0 && x < width - 1 && y < height - 1;
      for (let dy = y === 0 ? 0 : -1; dy <= (y === height - 1 ? 0 : 1); dy++) {
        for (let dx = x === 0 ? 0 : -1; dx <= (x === width - 1 ? 0 : 1); dx++) {
          const next = at + dy * width + dx;
          if (values[next]! <= threshold) {
            if (dx === 0 || dy === 0) inner = false;
          } else if (!seen[next]) {
            seen[next] = 1;
            stack.push(next);
          }
        }
      }
      if (!inner) border.push({ x, y });
    }
    blobs.push(border);
  }
  return blobs;
}
