// Owns the last 15 minutes of a few figures at 1 Hz, in fixed memory, and their 10 s windows for the database.

/** 15 minutes at 1 Hz: what a chart opens with. 8 columns × 900 × 8 bytes = 58 KB each. */
export const RING_LENGTH = 900;
export const WINDOW_MS = 10_000;
const COLUMNS = 8;

/** Column meanings are the caller's. NaN = not known. */
export type SampleRing = { values: Float64Array | null; next: number; count: number };

/** Memory is taken with the first sample. */
export function createSampleRing(): SampleRing {
  return { values: null, next: 0, count: 0 };
}

/** `figures`: at most 7 numbers beside the time. */
export function pushSample(ring: SampleRing, atMs: number, figures: readonly (number | null)[]): void {
  ring.values ??= new Float64Array(RING_LENGTH * COLUMNS);
  const base = ring.next * COLUMNS;
  ring.values[base] = atMs;
  for (let column = 1; column < COLUMNS; column++) ring.values[base + column] = figures[column - 1] ?? Number.NaN;
  ring.next = (ring.next + 1) % RING_LENGTH;
  ring.count = Math.min(ring.count + 1, RING_LENGTH);
}

/** The clock they were taken by reads later by so much. */
export function shiftSamples({ values, count }: SampleRing, byMs: number): void {
  for (let row = 0; values && row < count; row++) values[row * COLUMNS] = (values[row * COLUMNS] as number) + byMs;
}

/** Samples from `sinceMs` on, oldest first. */
export function readSamples(ring: SampleRing, sinceMs: number): { atMs: number; figures: (number | null)[] }[] {
  const { values } = ring;
  if (!values) return [];
  const rows = [];
  for (let offset = ring.count; offset > 0; offset--) {
    const base = ((ring.next - offset + RING_LENGTH) % RING_LENGTH) * COLUMNS;
    const atMs = values[base] as number;
    if (atMs < sinceMs) continue;
    const figures = Array.from(values.subarray(base + 1, base + COLUMNS), (value) => (Number.isNaN(value) ? null : value));
    rows.push({ atMs, figures });
  }
  return rows;
}
