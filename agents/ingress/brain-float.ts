// Owns bfloat16 (BF16): the upper half of an IEEE 754 single, so that each of its values is one of FP32's, and widening is exact.

export const BRAIN_FLOAT_BYTES = 2;

/** Little endian in and out; twice the bytes. An odd last byte is left out: lengths are the caller's to check. */
export function widenBrainFloat(data: Uint8Array): Uint8Array {
  const wide = new Uint8Array((data.length >> 1) * 4);
  for (let from = 0, to = 2; to < wide.length; from += 2, to += 4) {
    wide[to] = data[from]!;
    wide[to + 1] = data[from + 1]!;
  }
  return wide;
}
