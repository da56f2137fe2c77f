// Owns how far a stage may reach by its node's memory alone.

/**
 * For each start the largest end within `freeBytes`: two pointers, the largest workspace by a monotone queue.
 * `resident[c]`: bytes that stay before position c; `workspace[c]`: the largest workspace of the layers between position c and c + 1, bytes.
 */
export function memoryReach(freeBytes: number, resident: Float64Array, workspace: Float64Array): Int32Array {
  const last = resident.length - 1;
  const reach = new Int32Array(last + 1);
  const queue = new Int32Array(last);
  let head = 0;
  let tail = 0;
  let to = 0;
  for (let from = 0; from < last; from++) {
    if (to < from) {
      to = from;
      head = tail = 0;
    }
    while (head < tail && queue[head]! < from) head++;
    while (to < last) {
      const largest = Math.max(head < tail ? workspace[queue[head]!]! : 0, workspace[to]!);
      if (resident[to + 1]! - resident[from]! + largest > freeBytes) break;
      while (head < tail && workspace[queue[tail - 1]!]! <= workspace[to]!) tail--;
      queue[tail++] = to++;
    }
    reach[from] = to;
  }
  reach[last] = last;
  return reach;
}

/** The largest value of the layers between each position and the next. */
export function largestBetween(values: Float64Array, positions: Int32Array): Float64Array {
  return Float64Array.from({ length: positions.length - 1 }, (_, c) => {
    let largest = 0;
    for (let layer = positions[c]!; layer < positions[c + 1]!; layer++) if (values[layer]! > largest) largest = values[layer]!;
    return largest;
  });
}
