// Owns arithmetic on spans of bytes of files. Pure.

/** First byte, and the one after the last. */
export type ByteSpan = readonly [start: number, end: number];
/** By file: ascending, apart. */
export type FileSpans = ReadonlyMap<string, readonly ByteSpan[]>;

/** Ascending, those that touch or overlap as one. */
export function joinSpans(spans: readonly ByteSpan[]): ByteSpan[] {
  const joined: [number, number][] = [];
  for (const [start, end] of [...spans].sort((a, b) => a[0] - b[0])) {
    const last = joined.at(-1);
    if (last && start <= last[1]) last[1] = Math.max(last[1], end);
    else joined.push([start, end]);
  }
  return joined;
}

export function joinFiles(...all: FileSpans[]): FileSpans {
  const files = new Set(all.flatMap((one) => [...one.keys()]));
  return new Map([...files].map((file) => [file, joinSpans(all.flatMap((one) => one.get(file) ?? []))]));
}

/** Bytes of `wanted` that are not in `held`; both as joinFiles leaves them. */
export function bytesOutside(wanted: FileSpans, held: FileSpans): number {
  let bytes = 0;
  for (const [file, spans] of wanted) {
    const have = held.get(file) ?? [];
    let first = 0;
    for (const [start, end] of spans) {
      bytes += end - start;
      while (first < have.length && (have[first] as ByteSpan)[1] <= start) first++;
      for (let at = first; at < have.length && (have[at] as ByteSpan)[0] < end; at++) {
        const [from, to] = have[at] as ByteSpan;
        bytes -= Math.min(end, to) - Math.max(start, from);
      }
    }
  }
  return bytes;
}

/** What of `wanted` is not in `held`; both as joinFiles leaves them, and so is the answer. Files without a byte left are not in it. */
export function spansOutside(wanted: FileSpans, held: FileSpans): FileSpans {
  const left = new Map<string, ByteSpan[]>();
  for (const [file, spans] of wanted) {
    const have = held.get(file) ?? [];
    const rest: ByteSpan[] = [];
    let first = 0;
    for (const [start, end] of spans) {
      while (first < have.length && (have[first] as ByteSpan)[1] <= start) first++;
      let from = start;
      for (let at = first; at < have.length && (have[at] as ByteSpan)[0] < end; at++) {
        const [heldStart, heldEnd] = have[at] as ByteSpan;
        if (from < heldStart) rest.push([from, heldStart]);
        from = Math.max(from, heldEnd);
      }
      if (from < end) rest.push([from, end]);
    }
    if (rest.length > 0) left.set(file, rest);
  }
  return left;
}

export function bytesIn(files: FileSpans): number {
  let bytes = 0;
  for (const spans of files.values()) for (const [start, end] of spans) bytes += end - start;
  return bytes;
}
