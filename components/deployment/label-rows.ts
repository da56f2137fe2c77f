// Owns which line each border's label stands on, so that labels of borders close to each other do not lie on each other. Pure.

export type PlacedLabel = { /** Where its middle wants to be. */ atPx: number; widthPx: number };
const GAP_PX = 6;

/** Line of each label, from 0, in the order given, which is from left to right. As many lines as it takes: a label is never left out. */
export function labelRows(labels: readonly PlacedLabel[]): number[] {
  const ends: number[] = [];
  return labels.map(({ atPx, widthPx }) => {
    const from = atPx - widthPx / 2;
    const free = ends.findIndex((end) => end + GAP_PX <= from);
    const row = free < 0 ? ends.length : free;
    ends[row] = atPx + widthPx / 2;
    return row;
  });
}
