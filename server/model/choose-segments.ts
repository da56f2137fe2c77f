// Owns which segments of a model are measured to learn what its cuts cost: what runs now, and a seeded sample between good cuts, spread over the model's work.
import type { LayerRange, ModelFacts } from "./model.ts";
import { seededRandom } from "./seeded-random.ts";

/** Cuts that are looked at: each costs about three segments. */
const MAX_CUTS = 8;

export type ChooseInput = {
  facts: Pick<ModelFacts, "layers" | "cuts">;
  /** Time of each layer, any unit: cuts are spread over it. */
  layerMs: readonly number[];
  /** Ranges of stages in use: measured first. */
  inUse: readonly LayerRange[];
  seed: number;
  /** Ranges at most. */
  limit: number;
};

/** In the order of their worth, since time may end before all were measured. Never the whole model. Empty where it can't be cut. */
export function chooseSegments({ facts, layerMs, inUse, seed, limit }: ChooseInput): LayerRange[] {
  const n = facts.layers.length;
  const cuts = goodCuts(facts, layerMs);
  const random = seededRandom(seed);
  const ends: LayerRange[] = cuts.flatMap((at) => [{ from: 0, to: at }, { from: at, to: n }]);
  const middles: LayerRange[] = cuts.flatMap((at, index) => {
    const rest = cuts.slice(index + 1);
    const other = rest[Math.floor(random() * rest.length)];
    return other === undefined ? [] : [{ from: at, to: other }];
  });
  // Both kinds by turns, from places all over the model: wherever time ends, what was measured is a fair sample.
  const sampled = [...shuffled(ends, random), ...shuffled(middles, random)].map((range, index, all) => ({ range, order: index < ends.length ? index / ends.length : (index - ends.length) / Math.max(1, all.length - ends.length) }));
  const ordered = [...inUse, ...sampled.sort((a, b) => a.order - b.order).map(({ range }) => range)].filter(({ from, to }) => from < to && to - from < n);
  return ordered.filter((range, index) => ordered.findIndex((other) => other.from === range.from && other.to === range.to) === index).slice(0, limit);
}

/** Of each equal part of the model's time the legal cut with the fewest bytes, as position. */
function goodCuts(facts: ChooseInput["facts"], layerMs: readonly number[]): number[] {
  const total = layerMs.reduce((sum, ms) => sum + ms, 0) || 1;
  const best = new Map<number, { at: number; bytes: number }>();
  let done = 0;
  for (const [index, cut] of facts.cuts.entries()) {
    done += layerMs[index] ?? 0;
    if (!cut.legal) continue;
    const part = Math.min(MAX_CUTS - 1, Math.floor((done / total) * MAX_CUTS));
    const known = best.get(part);
    if (!known || cut.bytes < known.bytes) best.set(part, { at: index + 1, bytes: cut.bytes });
  }
  return [...best.values()].map(({ at }) => at).sort((a, b) => a - b);
}

function shuffled<T>(values: readonly T[], random: () => number): T[] {
  return values.map((value) => ({ value, key: random() })).sort((a, b) => a.key - b.key).map(({ value }) => value);
}
