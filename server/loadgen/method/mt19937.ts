// Owns the 32-bit Mersenne Twister, number for number as C++'s std::mt19937.
// M. Matsumoto, T. Nishimura, "Mersenne Twister: a 623-dimensionally equidistributed uniform pseudo-random number generator", ACM TOMACS 8(1), 1998.

/** The next of a sequence of integers, 0 to 2³² − 1. */
export type Random = () => number;

const SIZE = 624;
const SHIFT = 397;

/** `seed` is taken modulo 2³², as std::mt19937 takes a 64-bit one. */
export function createMt19937(seed: bigint): Random {
  const state = new Uint32Array(SIZE);
  state[0] = Number(BigInt.asUintN(32, seed));
  for (let i = 1; i < SIZE; i++) state[i] = Math.imul(1_812_433_253, state[i - 1]! ^ (state[i - 1]! >>> 30)) + i;
  let at = SIZE;
  return () => {
    if (at === SIZE) {
      twist(state);
      at = 0;
    }
    let y = state[at++]!;
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
}

function twist(state: Uint32Array): void {
  for (let i = 0; i < SIZE; i++) {
    const y = (state[i]! & 0x80000000) | (state[(i + 1) % SIZE]! & 0x7fffffff);
    state[i] = state[(i + SHIFT) % SIZE]! ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
  }
}
