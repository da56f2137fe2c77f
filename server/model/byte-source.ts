// Owns what the codec reads from: bytes by position, synchronously. A file, a view of memory; knows neither.

export type ByteSource = {
  readonly size: number;
  /** Exactly `length` bytes from `offset`; the view is the caller's until the next read. Reading past the end throws. */
  read(offset: number, length: number): Uint8Array;
};

/** Half-open, in bytes from the start of a file. */
export type ByteRange = { start: number; end: number };

export function memorySource(bytes: Uint8Array): ByteSource {
  return {
    size: bytes.length,
    read(offset, length) {
      if (offset < 0 || length < 0 || offset + length > bytes.length) throw new RangeError(`read of ${length} bytes at ${offset} of ${bytes.length}`);
      return bytes.subarray(offset, offset + length);
    },
  };
}
