// A binary heap of label ids by their promise. Ties go to the older label, so that a search is the same each time.
export type LabelHeap = { push(id: number, key: number): void; /** The least key; undefined when empty. */ pop(): { id: number; key: number } | undefined; peekKey(): number; readonly size: number };

export function createLabelHeap(): LabelHeap {
  let ids = new Int32Array(1024);
  let keys = new Float64Array(1024);
  let size = 0;
  const less = (a: number, b: number) => keys[a]! < keys[b]! || (keys[a]! === keys[b]! && ids[a]! < ids[b]!);
  const swap = (a: number, b: number) => {
    const id = ids[a]!;
    const key = keys[a]!;
    ids[a] = ids[b]!;
    keys[a] = keys[b]!;
    ids[b] = id;
    keys[b] = key;
  };
  return {
    get size() {
      return size;
    },
    peekKey: () => (size > 0 ? keys[0]! : Number.POSITIVE_INFINITY),
    push(id, key) {
      if (size === ids.length) {
        const moreIds = new Int32Array(size * 2);
        const moreKeys = new Float64Array(size * 2);
        moreIds.set(ids);
        moreKeys.set(keys);
        ids = moreIds;
        keys = moreKeys;
      }
      ids[size] = id;
      keys[size] = key;
      let at = size++;
      while (at > 0) {
        const parent = (at - 1) >> 1;
        if (!less(at, parent)) break;
        swap(at, parent);
        at = parent;
      }
    },
    pop() {
      if (size === 0) return undefined;
      const top = { id: ids[0]!, key: keys[0]! };
      size--;
      ids[0] = ids[size]!;
      keys[0] = keys[size]!;
      let at = 0;
      for (;;) {
        const left = 2 * at + 1;
        if (left >= size) break;
        const right = left + 1;
        const child = right < size && less(right, left) ? right : left;
        if (!less(child, at)) break;
        swap(at, child);
        at = child;
      }
      return top;
    },
  };
}
