// Owns the partial plans of the exact search, in growing typed arrays: a label is a number. Row `id` of `used` holds its counted resources.
export type LabelStore = {
  count: number;
  at: Int32Array;
  /** −1 = the request at the source. */
  processor: Int32Array;
  parent: Int32Array;
  stages: Int32Array;
  /** 1 = dominated since, or done. */
  dead: Uint8Array;
  /** Cost so far, and the same with the prices of what was used. */
  cost: Float64Array;
  priced: Float64Array;
  latencyMs: Float64Array;
  varianceMs2: Float64Array;
  used: Float64Array;
  readonly resourceCount: number;
  /** Makes room for one more; returns its id. */
  add(): number;
};

export function createLabelStore(resourceCount: number): LabelStore {
  let capacity = 4096;
  const store: LabelStore = {
    count: 0,
    at: new Int32Array(capacity),
    processor: new Int32Array(capacity),
    parent: new Int32Array(capacity),
    stages: new Int32Array(capacity),
    dead: new Uint8Array(capacity),
    cost: new Float64Array(capacity),
    priced: new Float64Array(capacity),
    latencyMs: new Float64Array(capacity),
    varianceMs2: new Float64Array(capacity),
    used: new Float64Array(capacity * resourceCount),
    resourceCount,
    add() {
      if (store.count === capacity) {
        capacity *= 2;
        store.at = grown(store.at, new Int32Array(capacity));
        store.processor = grown(store.processor, new Int32Array(capacity));
        store.parent = grown(store.parent, new Int32Array(capacity));
        store.stages = grown(store.stages, new Int32Array(capacity));
        store.dead = grown(store.dead, new Uint8Array(capacity));
        store.cost = grown(store.cost, new Float64Array(capacity));
        store.priced = grown(store.priced, new Float64Array(capacity));
        store.latencyMs = grown(store.latencyMs, new Float64Array(capacity));
        store.varianceMs2 = grown(store.varianceMs2, new Float64Array(capacity));
        store.used = grown(store.used, new Float64Array(capacity * resourceCount));
      }
      return store.count++;
    },
  };
  return store;
}

function grown<T extends Int32Array | Float64Array | Uint8Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
