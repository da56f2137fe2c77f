// Owns the labels of one state of which none dominates another, cheapest first: what is dearer can't dominate, what is cheaper can't be dominated, so each pair is looked at
// once. What tells most pairs apart lies close together (which resources were touched at all, and the priced cost); the rest is looked up. Which labels stay does not depend
// on the order.

export type LabelBucket = {
  size: number;
  ids: Int32Array;
  costs: Float64Array;
  priced: Float64Array;
  /** Bit k: some resource of group k was used. Who uses one that another does not use can't dominate it. */
  touched: Int32Array;
  /** Of all resources together, each relative to its limit: who used more in sum can't have used less of each. */
  load: Float64Array;
};
/** `touched`: as `touchedOf` tells it. */
export type Newcomer = { id: number; cost: number; priced: number; touched: number; load: number };

const FIRST_SIZE = 8;
const BITS = 32;

export function createLabelBucket(size = FIRST_SIZE): LabelBucket {
  return { size: 0, ids: new Int32Array(size), costs: new Float64Array(size), priced: new Float64Array(size), touched: new Int32Array(size), load: new Float64Array(size) };
}

/** Resources in `used[from]` … `used[from + count − 1]`, by groups of those 32 apart. */
export function touchedOf(used: Float64Array, from: number, count: number): number {
  let touched = 0;
  for (let index = 0; index < count; index++) if (used[from + index] !== 0) touched |= 1 << (index % BITS);
  return touched;
}

/** Each used amount times its weight (none below 0), always in the same order: rounding keeps "no more of each" at "no more in sum". */
export function loadOf(used: Float64Array, from: number, weights: Float64Array): number {
  let sum = 0;
  for (let index = 0; index < weights.length; index++) sum += used[from + index]! * weights[index]!;
  return sum;
}

/**
 * False where one that is there dominates the newcomer; else it joins, and those that it dominates leave and are told. `dominates(a, b)` is asked only where a is no dearer
 * than b, in cost and in priced cost, and looks at all else.
 */
export function joinBucket(bucket: LabelBucket, newcomer: Newcomer, dominates: (a: number, b: number) => boolean, retire: (id: number) => void): boolean {
  const { ids, costs, priced, touched, load, size } = bucket;
  const { id, cost } = newcomer;
  const [ownPriced, own, ownLoad] = [newcomer.priced, newcomer.touched, newcomer.load];
  let place = firstDearer(costs, size, cost);
  for (let at = 0; at < place; at++) if ((touched[at]! & ~own) === 0 && priced[at]! <= ownPriced && load[at]! <= ownLoad && dominates(ids[at]!, id)) return false;
  // The newcomer may dominate what is dearer, and those just before it that cost the same.
  let from = place;
  while (from > 0 && costs[from - 1] === cost) from--;
  let kept = from;
  const end = place;
  for (let other = from; other < size; other++) {
    if ((own & ~touched[other]!) === 0 && priced[other]! >= ownPriced && load[other]! >= ownLoad && dominates(id, ids[other]!)) {
      retire(ids[other]!);
      if (other < end) place--;
      continue;
    }
    if (kept !== other) {
      ids[kept] = ids[other]!;
      costs[kept] = costs[other]!;
      priced[kept] = priced[other]!;
      touched[kept] = touched[other]!;
      load[kept] = load[other]!;
    }
    kept++;
  }
  bucket.size = kept;
  insert(bucket, place, newcomer);
  return true;
}

/** Number of those that cost no more. */
function firstDearer(costs: Float64Array, size: number, cost: number): number {
  let [low, high] = [0, size];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (costs[middle]! <= cost) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(bucket: LabelBucket, place: number, { id, cost, priced, touched, load }: Newcomer): void {
  const { size } = bucket;
  if (size === bucket.ids.length) grow(bucket);
  for (const row of [bucket.ids, bucket.costs, bucket.priced, bucket.touched, bucket.load]) row.copyWithin(place + 1, place, size);
  bucket.ids[place] = id;
  bucket.costs[place] = cost;
  bucket.priced[place] = priced;
  bucket.touched[place] = touched;
  bucket.load[place] = load;
  bucket.size = size + 1;
}

function grow(bucket: LabelBucket): void {
  const larger = createLabelBucket(2 * bucket.size);
  for (const key of ["ids", "costs", "priced", "touched", "load"] as const) larger[key].set(bucket[key]);
  Object.assign(bucket, larger, { size: bucket.size });
}
