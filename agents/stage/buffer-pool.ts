// Owns reuse of large payload memory. Fresh memory costs a page fault per 4 KB, which is most of the price of receiving a tensor.

/** Bytes kept idle per process; beyond it memory is left to the garbage collector. */
const MAX_IDLE_BYTES = 64 * 1024 * 1024;
/** Below this a fresh allocation is cheaper than bookkeeping. */
const MIN_POOLED_BYTES = 16 * 1024;

/** Buffers by size class (eighths between powers of two: what lies beyond a payload is resident too, once it was used before). Give back only what nothing views any more. */
export class BufferPool {
  readonly #idle = new Map<number, ArrayBuffer[]>();
  #idleBytes = 0;

  acquire(bytes: number): ArrayBuffer {
    if (bytes < MIN_POOLED_BYTES) return new ArrayBuffer(bytes);
    const size = sizeClass(bytes);
    const found = this.#idle.get(size)?.pop();
    if (!found) return new ArrayBuffer(size);
    this.#idleBytes -= size;
    return found;
  }

  release(buffer: ArrayBuffer | null): void {
    if (!buffer) return;
    const size = buffer.byteLength;
    // A transferred buffer has length 0, a foreign one is of no size class.
    if (size < MIN_POOLED_BYTES || size !== sizeClass(size) || this.#idleBytes + size > MAX_IDLE_BYTES) return;
    const list = this.#idle.get(size);
    if (list) list.push(buffer);
    else this.#idle.set(size, [buffer]);
    this.#idleBytes += size;
  }
}

function sizeClass(bytes: number): number {
  const step = 2 ** (Math.ceil(Math.log2(bytes)) - 4);
  return Math.ceil(bytes / step) * step;
}
